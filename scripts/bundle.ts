// The local cloud as two files that need nothing beside them, for the npm package and for the daemon.
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type OutputFile } from "esbuild";
import { cacheDir } from "../toolchain/cacheDir";
import { keepNewest } from "../toolchain/retention";

const root = join(__dirname, "..");
const page = join(root, "localcloud", "page");

/** Compiled code is kept beside the bundle, so that the next start need not compile. */
const banner = `require("node:module").enableCompileCache?.(require("node:path").join(__dirname, "compiled"));`;

async function compile(): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["localcloud/cli.ts", "localcloud/daemon.ts"],
    outdir: "out",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    banner: { js: banner },
    // Only a checkout bundles.
    external: ["esbuild", "../scripts/bundle.js"],
    legalComments: "external",
    write: false,
    logLevel: "warning",
  });
  return outputFiles;
}

async function write(folder: string, files: readonly OutputFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path, contents } of files) await writeFile(join(folder, basename(path)), contents);
  await cp(page, join(folder, "page"), { recursive: true });
  const cli = join(folder, "cli.cjs");
  await writeFile(cli, `#!/usr/bin/env node\n${await readFile(cli, "utf8")}`);
  await chmod(cli, 0o755);
}

/**
 * The bundle of these sources in the cache folder, made when it is missing.
 *
 * @returns its folder
 */
export async function cachedBundle(): Promise<string> {
  const files = await compile();
  const hash = createHash("sha256");
  for (const { contents } of files) hash.update(contents);
  for (const name of (await readdir(page)).sort()) hash.update(await readFile(join(page, name)));
  const parent = cacheDir("localcloud");
  const folder = join(parent, `bundle-${hash.digest("hex").slice(0, 16)}`);
  if ((await readdir(folder).catch(() => [])).length > 0) return folder;
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, ".bundling-"));
  await write(temporary, files);
  // Another process may have been sooner, with the same content.
  await rename(temporary, folder).catch(() => rm(temporary, { recursive: true }));
  await keepNewest(parent, "bundle-", folder);
  return folder;
}

if (require.main === module) {
  const folder = join(root, "dist", "localcloud");
  compile()
    .then(async (files) => {
      await rm(folder, { recursive: true, force: true });
      await write(folder, files);
    })
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
