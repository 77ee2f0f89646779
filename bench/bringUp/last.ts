import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import type { Deployment } from "../../scripts/deployment";
import type { Phase } from "../../scripts/phases";
import { criticalPath } from "../criticalPath";

interface BringUp {
  readonly phases: readonly Phase[];
  readonly deployment: Deployment;
}

/** The limit of a bring-up: it can be no shorter than its longest chain, and no shorter than its work. */
export function bringUpRatio(wall: number, longestChain: number, cpuSeconds: number, cores: number): number {
  return wall / Math.max(longestChain, cpuSeconds / cores);
}

/**
 * Prints how close the last `npm run local` came to its limit.
 *
 * @throws when there was none
 */
export async function reportBringUp(): Promise<void> {
  const path = join(localCloudSettings().stateDir, "bring-up.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error("there is no bring-up to measure: run `npm run local` first");
  });
  const { phases, deployment } = JSON.parse(text) as BringUp;
  const wall = (deployment.end - deployment.start) / 1000;
  const cpuSeconds = phases.find((phase) => phase.name === "pulumi up")?.cpuSeconds ?? Number.NaN;
  const chain = criticalPath(
    deployment.spans.map((span) => ({ ...span, seconds: (span.end - span.start) / 1000 })),
  );
  const cores = availableParallelism();
  for (const phase of phases) {
    process.stdout.write(
      `${phase.name}: ${phase.seconds.toFixed(1)} s wall, ${phase.cpuSeconds.toFixed(1)} CPU s\n`,
    );
  }
  process.stdout.write(`\nlongest chain of \`pulumi up\`, ${chain.seconds.toFixed(1)} s:\n`);
  for (const urn of chain.urns) {
    const span = deployment.spans.find((candidate) => candidate.urn === urn);
    if (span === undefined) continue;
    process.stdout.write(
      `  ${((span.end - span.start) / 1000).toFixed(1).padStart(6)} s  ${urn.split("::").at(-1)}\n`,
    );
  }
  const ratio = bringUpRatio(wall, chain.seconds, cpuSeconds, cores);
  process.stdout.write(
    `\nwall ${wall.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s on ${cores} cores: ` +
      `wall / max(chain, CPU / cores) = ${ratio.toFixed(2)} (1.0 is the limit, 1.3 the aim)\n`,
  );
}
