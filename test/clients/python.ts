// Virtual environments for clients in Python, from requirements that are pinned by checksum.
import { createHash } from "node:crypto";
import { access, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { cacheDir, type Progress } from "../../toolchain/cacheDir";
import { withLock } from "../../toolchain/lock";
import { keepNewest, removeLeftovers } from "../../toolchain/retention";

export interface PythonClient {
  readonly name: string;
  /** `requirements.txt` with hashes. */
  readonly requirements: string;
  /** Does the rest inside the new environment. @default - nothing */
  readonly finish?: (environment: string, python: string) => Promise<void>;
  /** Part of the key: what `finish` depends on. */
  readonly inputs?: string;
}

const temporaryPrefix = ".installing-";

/** Folder of an environment; it is there once {@link installPython} has run. @throws when Python is missing */
export async function pythonFolder({ name, requirements, inputs = "" }: PythonClient): Promise<string> {
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .update(inputs)
    .update(await pythonVersion());
  return cacheDir("clients", `${name}-${hash.digest("hex").slice(0, 16)}`);
}

export const pythonOf = (folder: string) => join(folder, "venv", "bin", "python");

async function pythonVersion(): Promise<string> {
  const result = await execa(
    "python3",
    ["-c", "import ensurepip, sys, venv; print(sys.version, sys.prefix)"],
    {
      reject: false,
    },
  );
  if (!result.failed) return result.stdout;
  throw new Error(
    `the Python clients need python3 with venv: ${result.stderr.split("\n").at(-1) || "no such program"}. ` +
      "On Debian: apt-get install python3-venv",
  );
}

/** Installs what is missing, once at a time on a machine. @throws when a download fails or its checksum is wrong */
export async function installPython(client: PythonClient, progress: Progress): Promise<void> {
  const folder = await pythonFolder(client);
  await withLock(cacheDir("clients", "install.lock"), async () => {
    const there = await access(pythonOf(folder)).then(
      () => true,
      () => false,
    );
    if (there) return;
    progress(`clients: installing ${client.name}`);
    await removeLeftovers(cacheDir("clients"), temporaryPrefix);
    const temporary = await mkdtemp(cacheDir("clients", temporaryPrefix));
    try {
      await install(client, temporary);
      await rename(temporary, folder);
      await keepNewest(cacheDir("clients"), `${client.name}-`, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

async function install({ name, requirements, finish }: PythonClient, folder: string): Promise<void> {
  // Its programs are run as modules: their own first lines name a folder that is renamed.
  await execa("python3", ["-m", "venv", join(folder, "venv")]);
  const python = pythonOf(folder);
  await pip(python, ["install", "--no-deps", "--require-hashes", "--requirement", requirements]);
  await finish?.(folder, python);
  await writeFile(join(folder, "installed"), `${name} from ${basename(requirements)}\n`);
}

export async function pip(python: string, args: readonly string[]): Promise<void> {
  await execa(python, [
    "-m",
    "pip",
    ...args,
    "--quiet",
    "--only-binary=:all:",
    "--disable-pip-version-check",
  ]);
}
