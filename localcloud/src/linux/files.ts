import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file of a machine, by its path inside. */
export interface MachineFile {
  readonly path: string;
  readonly content: string;
  /** @default 0o644 */
  readonly mode?: number;
}

/** Writes files of different paths below `root`; a link of that name is replaced, not followed out of the machine. */
export async function writeFiles(root: string, files: readonly MachineFile[]): Promise<void> {
  const inside = await realpath(root);
  await Promise.all(files.map((file) => writeBelow(root, inside, file)));
}

async function writeBelow(root: string, inside: string, { path, content, mode }: MachineFile): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  // A snapshot is a guest's work: a folder of it may be a link that leads to the host's own files.
  const folder = await realpath(dirname(target));
  if (folder !== dirname(join(inside, path))) throw new Error(`${path} of the machine lies behind a link`);
  await rm(target, { force: true });
  await writeFile(target, content, { mode: mode ?? 0o644 });
}

export async function writeAtomically(path: string, content: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, content);
  await rename(partial, path);
}
