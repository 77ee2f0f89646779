import { readFile } from "node:fs/promises";
import type { Fault } from "../contract/control";
import { writeAtomically } from "../linux/files";

/** A fault that is in force, or is about to be. */
export interface FaultRecord<F extends Fault = Fault> {
  readonly id: number;
  readonly fault: F;
  /** Ids of the servers that it means, in the order in which it names them. */
  readonly servers: readonly number[];
  readonly began: string;
  readonly ends: string;
}

/** All that another daemon needs to go on with the faults of one that died. */
export interface FaultFile {
  readonly lastId: number;
  readonly records: readonly FaultRecord[];
}

export async function readFaultFile(path: string): Promise<FaultFile> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? { lastId: 0, records: [] } : (JSON.parse(text) as FaultFile);
}

export async function writeFaultFile(path: string, file: FaultFile): Promise<void> {
  await writeAtomically(path, JSON.stringify(file));
}
