// The npm package as users get it: packed from what a clean clone would have, and installed with nothing else.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../toolchain/cacheDir";
import { withLock } from "../../toolchain/lock";
import { keepNewest, removeLeftovers } from "../../toolchain/retention";

const root = join(__dirname, "..", "..");
const temporaryPrefix = ".packing-";

export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths in it. */
  readonly files: readonly string[];
}

export interface Manifest {
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** `npm pack` in a clean clone, beside the dependencies of this one; once for what the clone holds. */
export async function packedPackage(): Promise<Packed> {
  const paths = await clonePaths();
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`\0${path}\0`).update(await readFile(join(root, path)));
  const parent = cacheDir("packed");
  const folder = join(parent, hash.digest("hex").slice(0, 16));
  await mkdir(parent, { recursive: true });
  await withLock(join(parent, "pack.lock"), async () => {
    if (existsSync(folder)) return;
    await removeLeftovers(parent, temporaryPrefix);
    const temporary = await mkdtemp(join(parent, temporaryPrefix));
    try {
      await pack(paths, temporary);
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    await keepNewest(parent, "", folder);
  });
  return {
    tarball: join(folder, "package.tgz"),
    files: JSON.parse(await readFile(join(folder, "files.json"), "utf8")),
  };
}

/** Files that git knows or would know; those that a commit to come deletes are not there. */
async function clonePaths(): Promise<string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await execa("git", args, { cwd: root });
  return stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

async function pack(paths: readonly string[], folder: string): Promise<void> {
  const clone = join(folder, "clone");
  for (const path of paths) await cp(join(root, path), join(clone, path));
  await symlink(join(root, "node_modules"), join(clone, "node_modules"));
  const packed = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: clone });
  const answer = JSON.parse(packed.stdout) as unknown;
  // A list until npm 11, afterwards by name.
  const [{ filename, files }] = (Array.isArray(answer) ? answer : Object.values(answer as object)) as [
    { filename: string; files: { path: string }[] },
  ];
  await rename(join(folder, filename), join(folder, "package.tgz"));
  await writeFile(join(folder, "files.json"), JSON.stringify(files.map(({ path }) => path)));
  await rm(clone, { recursive: true });
}

/**
 * A folder where the tarball and what it depends on is installed, and nothing else.
 *
 * @param further modules of this checkout that the folder's program has besides: `typescript`
 * @returns where the package lies
 */
export async function installInto(
  folder: string,
  { tarball }: Packed,
  further: readonly string[] = [],
): Promise<string> {
  const modules = join(folder, "node_modules");
  const home = join(modules, "hetzner-platform");
  await mkdir(home, { recursive: true });
  await execa("tar", ["-xzf", tarball, "--strip-components=1", "-C", home]);
  const manifest = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as Manifest;
  for (const name of [
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    ...further,
  ]) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
  return home;
}
