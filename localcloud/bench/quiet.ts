import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const lookMs = 200;
const quietShare = 0.9;
const patienceMs = 10_000;

/**
 * Resolves when the processors are idle: what one measurement leaves the kernel to clean up is not the next one's
 * work. After 10 s on a machine that others keep busy, too; the report shows its load average.
 */
export async function untilQuiet(): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let before = times(); ; ) {
    await pause(lookMs);
    const now = times();
    const isQuiet = now.idle - before.idle >= quietShare * (now.all - before.all);
    if (isQuiet || Date.now() > deadline) return;
    before = now;
  }
}

/** Milliseconds of all processors so far. */
function times(): { readonly idle: number; readonly all: number } {
  const each = cpus().map((cpu) => cpu.times);
  const sum = (of: (one: (typeof each)[number]) => number) => each.reduce((total, one) => total + of(one), 0);
  return {
    idle: sum(({ idle }) => idle),
    all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
  };
}
