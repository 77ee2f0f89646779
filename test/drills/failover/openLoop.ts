// Visitors who wait for nobody: a request every few milliseconds, each over a connection of its own, whatever became
// of the one before. Runs as a process of its own inside the namespace of the outside client until SIGTERM:
// openLoop.ts URL INTERVAL_MS PATIENCE_MS
import * as http from "node:http";
import { whenStopped } from "../../e2e/support/visitorProcess";
import type { OpenLoopResult, Probe } from "./outage";

/** One visitor, who goes away when nothing has come after his patience. */
function visit(url: string, patienceMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.resume();
      response.on("error", (error) => end(nameOf(error)));
      response.on("end", () => end(response.statusCode === 200 ? undefined : String(response.statusCode)));
    });
    const timer = setTimeout(() => {
      end("no answer");
      request.destroy();
    }, patienceMs);
    const end = (problem: string | undefined) => {
      clearTimeout(timer);
      resolve(problem);
    };
    request.on("error", (error) => end(nameOf(error)));
  });
}

const nameOf = (error: Error) =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

/** Resolves with all that the visitors saw once the last of them has gone. */
export async function openLoop(
  url: string,
  intervalMs: number,
  patienceMs: number,
  stopped: AbortSignal,
): Promise<OpenLoopResult> {
  const began = Date.now();
  const open = new Set<Promise<void>>();
  const probes: Probe[] = [];
  let latestMs = 0;
  for (let sent = 0; !stopped.aborted; ) {
    const dueAt = began + sent * intervalMs;
    const now = Date.now();
    if (dueAt > now) {
      await new Promise((resolve) => setTimeout(resolve, dueAt - now));
      continue;
    }
    latestMs = Math.max(latestMs, now - dueAt);
    sent += 1;
    const one = visit(url, patienceMs).then((problem) => {
      const endedAtMs = Date.now();
      probes.push({ sentAtMs: now, endedAtMs, ...(problem !== undefined && { problem }) });
      open.delete(one);
    });
    open.add(one);
    // Answers are read between two requests, also when many are due at once.
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(open);
  return { probes, latestMs };
}

async function main([url = "", intervalMs, patienceMs]: readonly string[]): Promise<void> {
  const result = await openLoop(url, Number(intervalMs), Number(patienceMs), whenStopped());
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

if (require.main === module) void main(process.argv.slice(2));
