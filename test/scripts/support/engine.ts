import { readdir, readFile } from "node:fs/promises";
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** What the engine did with subjects of a kind. */
export function operationsOn(kind: string, events: readonly EngineEvent[]): string[] {
  return events
    .map(({ resourcePreEvent }) => resourcePreEvent?.metadata)
    .filter((metadata) => metadata?.urn.includes("::subject-") && metadata.type.includes(`/${kind}:`))
    .map((metadata) => metadata?.op ?? "");
}

/** The process of the engine that this process started for a stack. */
export async function engineOf(stackName: string): Promise<number> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (!status.includes(`\nPPid:\t${process.pid}\n`)) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    if (words.includes("up") && words.includes(stackName)) return Number(pid);
  }
  throw new Error(`no engine runs for ${stackName}`);
}
