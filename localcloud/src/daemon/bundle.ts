// The local cloud as two programs that need nothing beside them, for the npm package and for the daemon.
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type OutputFile } from "esbuild";
import { cacheDir } from "../../../toolchain/cacheDir";
import { keepNewest } from "../../../toolchain/retention";

const root = join(__dirname, "..", "..");
const page = join(root, "src", "page");

/**
 * What is started: it has compiled code kept beside the bundle, so that the next start need not compile. Node
 * compiles a file before it runs a line of it, so the program itself is another file.
 */
const starterOf = (program: string) => `#!/usr/bin/env node
require("node:module").enableCompileCache?.(require("node:path").join(__dirname, "compiled"));
require("./${program}");
`;

async function compile(): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { cli: "src/cli/main.ts", daemon: "src/daemon/main.ts" },
    outdir: "out",
    outExtension: { ".js": ".main.cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    minifySyntax: true,
    minifyWhitespace: true,
    external: [
      // Only a checkout bundles.
      "esbuild",
      "./bundle.js",
      // Never loaded: see src/control/withoutSchemas.ts.
      "@fastify/ajv-compiler",
      "@fastify/fast-json-stringify-compiler",
    ],
    legalComments: "external",
    write: false,
    logLevel: "warning",
  });
  return outputFiles;
}

/** Without them the cloud runs too; the address of its page then says what is missing. */
const pageFiles = async () => (await readdir(page).catch(() => [])).sort();

async function write(folder: string, files: readonly OutputFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path, contents } of files) await writeFile(join(folder, basename(path)), contents);
  for (const name of await pageFiles()) await cp(join(page, name), join(folder, "page", name));
  for (const name of ["cli", "daemon"]) {
    await writeFile(join(folder, `${name}.cjs`), starterOf(`${name}.main.cjs`), { mode: 0o755 });
  }
}

/**
 * The bundle of these sources in the cache folder, made when it is missing.
 *
 * @returns its folder
 */
export async function cachedBundle(): Promise<string> {
  const files = await compile();
  const hash = createHash("sha256").update(starterOf(""));
  for (const { contents } of files) hash.update(contents);
  for (const name of await pageFiles()) hash.update(await readFile(join(page, name)));
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

/** The bundle in a folder of its own. */
export async function bundleInto(folder: string): Promise<void> {
  const files = await compile();
  await rm(folder, { recursive: true, force: true });
  await write(folder, files);
}
