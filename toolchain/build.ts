import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { cacheDir, type Progress } from "./cacheDir";
import { fetchModules, goBuild, goVersion } from "./goBuild";
import { withLock } from "./lock";
import { type Recipe, recipes, type ToolName, toolNames } from "./recipes";
import { keepNewest, removeLeftovers } from "./retention";
import { trimModules } from "./trim";

export type { ToolName } from "./recipes";

/** Paths of all built programs. */
export type Toolchain = Readonly<Record<ToolName, string>>;

const modulesFolder = join(__dirname, "go");
const temporaryPrefix = ".building-";
let version: Promise<string> | undefined;

/**
 * Path of a program, which is built from its published Go modules on the first call and found in the cache
 * afterwards. Official downloads are not used: this repository knows no checksum of them to pin, while go.sum
 * pins every module, so building is the only verified source.
 *
 * Calls may overlap, in one process and in several: one build runs at a time.
 *
 * @param progress receives one line per step and every few seconds while compiling
 * @throws when Go is missing, a module cannot be fetched or the build fails
 */
export async function ensureTool(name: ToolName, progress: Progress = () => {}): Promise<string> {
  const binary = await binaryPath(name);
  if (!(await exists(binary))) await buildOnce(name, binary, progress);
  return binary;
}

async function buildOnce(name: ToolName, binary: string, progress: Progress): Promise<void> {
  await withLock(
    cacheDir("toolchain", "build.lock"),
    async () => {
      if (!(await exists(binary))) await build(name, dirname(binary), progress);
    },
    () => progress(`${name}: waiting for another build to finish`),
  );
}

/** Programs that the cache does not hold. @throws when Go is missing */
export async function missingTools(): Promise<ToolName[]> {
  const missing: ToolName[] = [];
  for (const name of toolNames) if (!(await exists(await binaryPath(name)))) missing.push(name);
  return missing;
}

/** All programs, one after the other. @throws as {@link ensureTool} does */
export async function ensureToolchain(progress: Progress = () => {}): Promise<Toolchain> {
  const entries = await Promise.all(toolNames.map(async (name) => [name, await binaryPath(name)] as const));
  const absent = await missingTools();
  const missing = entries.filter(([name]) => absent.includes(name));
  const stop = new AbortController();
  // While one program is compiled, which takes the processors, the modules of the others come over the network.
  const later = missing.slice(1).map(([name]) => name);
  const fetched = fetchModulesOf(later, stop.signal);
  try {
    for (const [name, binary] of missing) await buildOnce(name, binary, progress);
  } finally {
    stop.abort();
    await fetched;
  }
  return Object.fromEntries(entries) as Toolchain;
}

/**
 * Fetches the modules of programs, in the order in which they will be built, while the processors compile something
 * else. Says nothing: what fails here fails again, and is told, when the program is built.
 *
 * @param signal ends it early
 */
export async function fetchModulesOf(names: readonly ToolName[], signal: AbortSignal): Promise<void> {
  for (const name of names) {
    if (signal.aborted) return;
    const { module, package: packagePath, trims } = recipes[name];
    const directory = join(modulesFolder, module);
    const folder = await mkdtemp(join(tmpdir(), "toolchain-modules-"));
    try {
      await fetchModules(directory, packagePath, signal, await trimModules(directory, trims, folder));
    } catch {
      // The build will tell.
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function binaryPath(name: ToolName): Promise<string> {
  return join(cacheDir("toolchain", `${name}-${await toolKey(name)}`), name);
}

/** Content hash of everything that a program is built from. @throws when Go is missing */
export async function toolKey(name: ToolName): Promise<string> {
  version ??= goVersion();
  const recipe = recipes[name];
  const module = join(modulesFolder, recipe.module);
  const hash = createHash("sha256").update(JSON.stringify([await version, recipe]));
  for (const file of await sources(module)) {
    hash.update(`\0${relative(module, file)}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}

async function sources(module: string): Promise<string[]> {
  const entries = await readdir(module, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith("_test.go"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function build(name: ToolName, folder: string, progress: Progress): Promise<void> {
  const started = Date.now();
  const recipe = recipes[name];
  await removeLeftovers(cacheDir("toolchain"), temporaryPrefix);
  const temporary = await mkdtemp(cacheDir("toolchain", temporaryPrefix));
  try {
    const directory = join(modulesFolder, recipe.module);
    const trimmed = join(temporary, "trimmed");
    const module = { ...recipe, directory, modfile: await trimModules(directory, recipe.trims, trimmed) };
    const overlay = recipe.generator ? await generate(name, module, temporary, progress) : undefined;
    await goBuild({ ...module, name, output: join(temporary, name), overlay }, progress);
    for (const ingredients of ["generated", "trimmed"]) {
      await rm(join(temporary, ingredients), { recursive: true, force: true });
    }
    await rename(temporary, folder);
    await keepNewest(cacheDir("toolchain"), `${name}-`, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  progress(`${name}: built in ${Math.round((Date.now() - started) / 1_000)} s`);
}

/** Runs the recipe's generator and returns the overlay that places its files into the program's package. */
async function generate(
  name: ToolName,
  recipe: Recipe & { readonly directory: string; readonly modfile?: string },
  temporary: string,
  progress: Progress,
): Promise<string> {
  if (recipe.generator === undefined) throw new Error(`the recipe of ${name} has no generator`);
  const { args, files, package: generator } = recipe.generator;
  const { directory } = recipe;
  const generated = join(temporary, "generated");
  await mkdir(generated);
  const program = join(generated, "generator");
  await goBuild({ ...recipe, name: `generator of ${name}`, package: generator, output: program }, progress);
  const result = await execa(program, [...args, generated], {
    cwd: generated,
    env: { TOOLCHAIN_MODULE: directory },
    all: true,
    reject: false,
  });
  if (result.failed) throw new Error(`generator of ${name} failed:\n${result.all}`);
  const replace = Object.fromEntries(
    files.map((file) => [join(directory, recipe.package, file), join(generated, file)]),
  );
  const overlay = join(generated, "overlay.json");
  await writeFile(overlay, JSON.stringify({ Replace: replace }));
  return overlay;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
