import { readFile } from "node:fs/promises";

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the host booted. */
  readonly startTime: string;
}

/** Parses a line of /proc/PID/stat; the name in parentheses may hold anything. */
export function parseStat(line: string): ProcessIdentity | undefined {
  const pid = Number.parseInt(line, 10);
  const startTime = line.slice(line.lastIndexOf(")") + 2).split(" ")[19];
  return Number.isInteger(pid) && startTime !== undefined ? { pid, startTime } : undefined;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return parseStat(line);
}

/** Whether it is the same process still, and no zombie. */
export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  const line = await readFile(`/proc/${process.pid}/stat`, "utf8").catch(() => "");
  const state = line.slice(line.lastIndexOf(")") + 2)[0];
  return parseStat(line)?.startTime === process.startTime && state !== "Z";
}

export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").map(Number).filter(Boolean);
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals | number): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
