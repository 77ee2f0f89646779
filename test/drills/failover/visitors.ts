// Visitors outside who wait for nobody, as a process that ends with ours.
import { join } from "node:path";
import { execa } from "execa";
import { namesOf } from "../../../localcloud/src/settings/names";
import { projectRoot } from "../../../scripts/localStack";
import { settings } from "../../e2e/support/cloud";
import type { OpenLoopResult } from "./outage";

const intervalMs = 10;

/** As long as a browser's user waits, and longer than a lost first packet takes to be sent again. */
const patienceMs = 5000;

/**
 * Starts the visitors.
 *
 * @param network namespace that they come from @default the outside client of the local cloud
 * @returns what ends them, and answers what they saw
 */
export function visitors(
  url: string,
  network: string = namesOf(settings).internet,
): () => Promise<OpenLoopResult> {
  const client = join(__dirname, "openLoop.ts");
  const node = [process.execPath, "--import", "tsx", client, url, String(intervalMs), String(patienceMs)];
  const running = execa("ip", ["netns", "exec", network, ...node], {
    cwd: projectRoot,
    maxBuffer: 1e9,
  });
  return async () => {
    running.kill("SIGTERM");
    return JSON.parse((await running).stdout) as OpenLoopResult;
  };
}
