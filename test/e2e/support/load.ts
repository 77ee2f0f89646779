import { join } from "node:path";
import { execa } from "execa";
import { namesOf } from "../../../localcloud/network/names";
import { projectRoot } from "../../../scripts/localStack";
import { settings } from "./cloud";
import type { LoadResult } from "./loadClient";

/** A running load; await `result` for the count. */
export interface Load {
  readonly result: Promise<LoadResult>;
}

/**
 * Visitors from the internet namespace.
 *
 * @param limit seconds, or a number of requests as `10000x`
 */
export function startLoad(url: string, connections: number, limit: number | `${number}x`): Load {
  const client = join(__dirname, "loadClient.ts");
  const node = [process.execPath, "--import", "tsx", client, url, String(connections), String(limit)];
  const process_ = execa("ip", ["netns", "exec", namesOf(settings).internet, ...node], { cwd: projectRoot });
  return { result: process_.then(({ stdout }) => JSON.parse(stdout) as LoadResult) };
}

/** One line for the log of the test run. */
export function describeLoad(result: LoadResult): string {
  const failures = Object.entries(result.failures)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
  const share = Object.entries(result.nodes)
    .map(([node, count]) => `${node} ${count}`)
    .join(", ");
  return (
    `${result.requests} requests in ${result.seconds.toFixed(1)} s, ${result.failed} failed` +
    `${failures === "" ? "" : ` (${failures})`}; ${share}; longest gap ${result.longestGapMs} ms`
  );
}
