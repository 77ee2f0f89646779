import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ensureHostPackages } from "../../../localcloud/src/linux/hostPackages";
import { namesOf } from "../../../localcloud/src/settings/names";
import { projectRoot } from "../../../scripts/localStack";
import { settings } from "./cloud";
import type { LoadResult } from "./loadClient";
import { virtualIp } from "./platform";

/** A running load; await `result` for the count. */
export interface Load {
  readonly result: Promise<LoadResult>;
  /** Lets the requests that are under way finish, then answers. */
  stop(): Promise<LoadResult>;
}

interface Dns {
  /** Where the name of the URL leads. @default - the floating IP of the last `up` */
  readonly address?: string;
}

interface Trust {
  /** Whom visitors believe over HTTPS, PEM. @default - the local cloud's ACME server */
  readonly trusted?: string;
}

/**
 * Visitors from the internet namespace.
 *
 * @param limit seconds, or a number of requests as `10000x`
 * @param body is posted as JSON and expects 201; without it the visitors GET and expect 200
 */
export function startLoad(
  url: string,
  connections: number,
  limit: number | `${number}x`,
  body?: object,
  { address = virtualIp(), trusted = rootsOfAcme() }: Dns & Trust = {},
): Load {
  const client = join(__dirname, "loadClient.ts");
  const posted = body === undefined ? [] : [JSON.stringify(body)];
  const visit = [client, url, String(connections), String(limit), ...posted];
  const node = [process.execPath, "--import", "tsx", ...visit];
  const env = { LOAD_ADDRESS: address, LOAD_TRUSTED: trusted };
  const inside = ["netns", "exec", namesOf(settings).internet, ...node];
  const visitor = execa("ip", inside, { cwd: projectRoot, env });
  const result = visitor.then(({ stdout }) => JSON.parse(stdout) as LoadResult);
  const stop = () => {
    visitor.kill("SIGTERM");
    return result;
  };
  return { result, stop };
}

/** Empty while there is no ACME server. */
function rootsOfAcme(): string {
  const { acmeRoots } = settings.paths;
  return existsSync(acmeRoots) ? readFileSync(acmeRoots, "utf8") : "";
}

/**
 * wrk from the same place: more requests than a script can ask, counted by a program that nobody here wrote. It asks the
 * address, with the name as Host, and believes everybody.
 *
 * @returns its summary lines: requests, socket errors, answers other than 2xx
 */
export async function wrk(url: string, connections: number, seconds: number): Promise<string> {
  await ensureHostPackages(["wrk"]);
  const asked = new URL(url);
  const host = asked.host;
  asked.hostname = virtualIp();
  const args = ["-t2", `-c${connections}`, `-d${seconds}s`, "-H", `Host: ${host}`, asked.href];
  const { stdout } = await execa("ip", ["netns", "exec", namesOf(settings).internet, "wrk", ...args]);
  const lines = stdout.split("\n").map((line) => line.trim());
  return lines.filter((line) => /requests in|Socket errors|Non-2xx/.test(line)).join("; ");
}

/** Failures that a summary of wrk names: broken connections and answers other than 2xx, not what was only slow. */
export function failuresOfWrk(summary: string): number {
  const {
    connect = "0",
    read = "0",
    write = "0",
  } = /connect (?<connect>\d+), read (?<read>\d+), write (?<write>\d+)/.exec(summary)?.groups ?? {};
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(summary)?.[1] ?? "0";
  return [connect, read, write, bad].reduce((sum, count) => sum + Number(count), 0);
}

/**
 * A machine that dies may cost what was open on it, one request of each connection, and nothing once the others had
 * time to notice.
 */
export function assertFailedOnlyWithin(
  result: LoadResult,
  beganMs: number,
  windowMs: number,
  most: number,
): void {
  assert.ok(result.failed <= most, `more than ${most} failed: ${describeLoad(result)}`);
  const others = result.failedAtMs.filter((at) => at < beganMs || at > beganMs + windowMs);
  assert.deepEqual(
    others.map((at) => `${at - beganMs} ms after the fault`),
    [],
    describeLoad(result),
  );
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
    `${result.requests} requests in ${result.seconds.toFixed(1)} s, ${result.failed} failed, ${result.retried} retried` +
    `${failures === "" ? "" : ` (${failures})`}; ${share}; longest gap ${result.longestGapMs} ms` +
    result.details.map((detail) => `\n        ${detail}`).join("")
  );
}
