import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** Where the records lie, a folder for each stack and one for the package. */
export const recordsFolder = join(__dirname, "../records");

/** What writes the records anew. */
export const updateCommand = "UPDATE_RECORDS=1 npx mocha test/program/*.test.ts";

/** Of a difference: enough to see what it is. */
const shownLines = 200;

/**
 * Holds a record against the files of a folder, or writes them when `UPDATE_RECORDS` is set.
 *
 * @throws AssertionError with the difference and the command that takes it over
 */
export async function compareRecord(folder: string, record: ReadonlyMap<string, string>): Promise<void> {
  const kept = join(recordsFolder, folder);
  if (process.env.UPDATE_RECORDS !== undefined) return writeRecord(kept, record);
  const difference = await differenceOf(kept, record);
  if (difference === "") return;
  const lines = difference.split("\n");
  const rest = lines.length > shownLines ? [`... and ${lines.length - shownLines} more lines`] : [];
  const shown = [...lines.slice(0, shownLines), ...rest].join("\n");
  assert.fail(
    `${folder}: the program is not what its record says. If that is meant: ${updateCommand}\n${shown}`,
  );
}

/** @returns what git shows between the files of a folder and a record; nothing when they are the same */
export async function differenceOf(folder: string, record: ReadonlyMap<string, string>): Promise<string> {
  const temporary = await mkdtemp(join(tmpdir(), "record-"));
  try {
    await writeRecord(join(temporary, "now"), record);
    await mkdir(join(temporary, "record"));
    if (existsSync(folder)) await cp(folder, join(temporary, "record"), { recursive: true });
    const args = ["diff", "--no-index", "--no-color", "--no-ext-diff", "--stat", "--patch", "--unified=1"];
    const diff = await execa("git", [...args, "record", "now"], { cwd: temporary, reject: false });
    if (diff.exitCode !== 0 && diff.exitCode !== 1) throw new Error(`git diff: ${diff.stderr}`);
    return diff.stdout;
  } finally {
    await rm(temporary, { recursive: true });
  }
}

export async function writeRecord(folder: string, record: ReadonlyMap<string, string>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of record) await writeFile(join(folder, name), text);
}
