import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { execa } from "execa";

/**
 * What is left out of a published module, because our programs never use it and it takes long to compile.
 * Whoever asks a program for it is told by name what is left out: see `added`.
 */
export interface Trim {
  readonly module: string;
  /** The changes were made for this version: another one is refused, so that somebody looks at them again. */
  readonly version: string;
  /** Files and folders of the module that go. */
  readonly remove?: readonly string[];
  /** Changes of text by file. */
  readonly edits?: Readonly<Record<string, readonly Edit[]>>;
  /** Folder below `_trim` of our module whose files are put beside those of the published one. */
  readonly added?: string;
}

/** A piece of text that stands in a file exactly once, and what stands there instead. */
export interface Edit {
  /** The piece, or its beginning where `until` is given. */
  readonly from: string;
  /** Where the piece ends; this text stays. Or {@link endOfFile}. @default - the piece is `from` */
  readonly until?: string;
  /** @default - nothing */
  readonly to?: string;
}

export const endOfFile = "";

/** A published module as go.mod names it. */
interface PublishedModule {
  readonly Version: string;
  readonly Dir: string;
}

/**
 * Copies the modules into a folder, without what is left out, and writes a go.mod there that uses the copies.
 * The modules themselves are checked against go.sum by Go.
 *
 * @param directory folder of our module
 * @param folder where everything goes; whoever calls removes it
 * @returns the go.mod, for `go build -modfile`; none without trims
 * @throws when the module has another version or a file is not as expected
 */
export async function trimModules(
  directory: string,
  trims: readonly Trim[] | undefined,
  folder: string,
): Promise<string | undefined> {
  if (trims === undefined) return undefined;
  const replaced: string[] = [];
  for (const [index, trim] of trims.entries()) {
    const copy = join(folder, `module-${index}`);
    await copyTrimmed(trim, await published(directory, trim), copy);
    if (trim.added !== undefined) await cp(join(directory, "_trim", trim.added), copy, { recursive: true });
    replaced.push(`replace ${trim.module} => ${copy}\n`);
  }
  const modfile = join(folder, "trimmed.mod");
  await writeFile(modfile, `${await readFile(join(directory, "go.mod"), "utf8")}\n${replaced.join("")}`);
  await cp(join(directory, "go.sum"), join(folder, "trimmed.sum"));
  return modfile;
}

async function published(directory: string, { module, version }: Trim): Promise<string> {
  const args = ["mod", "download", "-json", module];
  const result = await execa("go", args, { cwd: directory, env: { GOWORK: "off" }, reject: false });
  if (result.failed)
    throw new Error(`go mod download of ${module} in ${directory} failed:\n${result.stderr}`);
  const { Version, Dir } = JSON.parse(result.stdout) as PublishedModule;
  if (Version === version) return Dir;
  throw new Error(
    `${directory}/go.mod has ${module} ${Version}, but what is left out of it was chosen for ${version}: ` +
      "look at its changes in toolchain/trims.ts again and write the new version there",
  );
}

async function copyTrimmed({ module, remove = [], edits = {} }: Trim, source: string, target: string) {
  await copyBuilt(source, target);
  for (const path of remove) {
    await stat(join(target, path)).catch(() => {
      throw new Error(`${module} has no ${path} that could be left out: see toolchain/trims.ts`);
    });
    await rm(join(target, path), { recursive: true });
  }
  for (const [file, changes] of Object.entries(edits)) {
    const text = await readFile(join(target, file), "utf8");
    const change = (now: string, edit: Edit) => edited(now, edit, `${module}/${file}`);
    await writeFile(join(target, file), changes.reduce(change, text));
  }
}

/** Without tests and their data, which are most files of some modules. Go's module cache is read-only; the copy is not. */
async function copyBuilt(source: string, target: string): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = relative(source, join(entry.parentPath, entry.name));
    if (!entry.isFile() || path.endsWith("_test.go") || path.split(sep).includes("testdata")) continue;
    const copy = join(target, path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(source, path), copy);
    await chmod(copy, 0o644);
  }
}

/** @throws when the piece does not stand there once */
export function edited(text: string, { from, until, to = "" }: Edit, name: string): string {
  const [before, rest, ...more] = text.split(from);
  if (before === undefined || rest === undefined || more.length > 0) {
    throw new Error(`${name} does not hold this once, see toolchain/trims.ts:\n${from}`);
  }
  if (until === undefined) return before + to + rest;
  const end = until === endOfFile ? rest.length : rest.indexOf(until);
  if (end < 0) throw new Error(`${name} does not hold this after ${JSON.stringify(from)}:\n${until}`);
  return before + to + rest.slice(end);
}
