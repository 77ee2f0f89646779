import { readFile } from "node:fs/promises";

/** One part of a bring-up: wall time, and the processor time that the whole machine spent meanwhile. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Runs the work and notes what it cost, also when it fails. */
export async function timed<T>(phases: Phase[], name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const cpuBegan = await cpuSeconds();
  try {
    return await work();
  } finally {
    const seconds = (performance.now() - began) / 1000;
    phases.push({ name, seconds, cpuSeconds: (await cpuSeconds()) - cpuBegan });
  }
}

/** Seconds that all processors of the machine have worked since its start, from /proc/stat (proc(5), in ticks). */
export async function cpuSeconds(): Promise<number> {
  const [line = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / 100;
}
