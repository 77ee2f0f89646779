// Every processor of the host is busy with something else for ten minutes while visitors come.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { apiRequests, onMachine, servers } from "../e2e/support/cloud";
import { describeLoad, startLoad } from "../e2e/support/load";
import { platformIsUp, url } from "../e2e/support/platform";
import { drillNumbers } from "./support/record";

/** `DRILL_MINUTES=2` for a short look. */
const minutes = Number(process.env.DRILL_MINUTES ?? 10);

/** A process that does nothing but compute, with the same right to the processor as everybody else. */
function busy(): ChildProcess {
  return spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
}

/** Ticks of all processors since the host started: idle ones, and all. */
async function processorTicks(): Promise<{ readonly idle: number; readonly all: number }> {
  const [line = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = ticks;
  return { idle: idle + waiting, all: ticks.reduce((sum, tick) => sum + tick, 0) };
}

/** Assignments of the floating IP so far; the first one is the bring-up's. */
async function assignments(): Promise<number> {
  const paths = (await apiRequests()).map((line) => (JSON.parse(line) as { path: string }).path);
  return paths.filter((path) => /\/floating_ips\/\d+\/actions\/assign$/.test(path)).length;
}

/** What each load balancer's journal says of elections and of nodes that it lost. */
async function edgeStory(): Promise<string> {
  const names = (await servers()).map(({ name }) => name).filter((name) => /-edge\d$/.test(name));
  const stories = await Promise.all(
    names.map(async (name) => {
      const command = `journalctl --since=-${minutes + 1}min --no-pager --output=short-precise -u keepalived -u haproxy -u floating-ip-agent | grep -vE ' 200 [0-9]+ ' | tail -n 60`;
      return `${name}\n${(await onMachine(name, command)).stdout}`;
    }),
  );
  return stories.join("\n");
}

describe("drill: a busy host", function () {
  this.timeout(`${minutes + 15}m`);
  const hogs: ChildProcess[] = [];
  before("the platform is up", platformIsUp);
  after("the processors are free again", async () => {
    for (const hog of hogs) hog.kill("SIGKILL");
    await Promise.all(hogs.map((hog) => hog.exitCode ?? once(hog, "exit")));
  });

  it("moves no address and answers no request with an error of its own, while others use all processors", async () => {
    const before = await assignments();
    assert.ok(before > 0, "the log of the API names no assignment: a move would not be seen");
    const load = startLoad(`${url()}/api/whoami`, 4, minutes * 60);
    for (let n = 0; n < availableParallelism(); n++) hogs.push(busy());
    const begin = await processorTicks();
    const result = await load.result;
    const end = await processorTicks();
    const idle = (end.idle - begin.idle) / (end.all - begin.all);
    console.log(
      `      ${describeLoad(result)}; the processors were idle ${(idle * 100).toFixed(1)} % of the time`,
    );
    for (const hog of hogs) assert.equal(hog.exitCode ?? hog.signalCode, null, "a process did not stay busy");
    assert.ok(idle < 0.02, `the host was not busy: idle ${(idle * 100).toFixed(1)} % of the time`);
    const moved = (await assignments()) - before;
    const { requests, failed, longestGapMs } = result;
    drillNumbers({
      minutes,
      requests,
      failed,
      longestGapMs,
      addressMoves: moved,
      idlePercent: Math.round(idle * 100),
    });
    if (moved > 0 || result.failed > 0) console.log(await edgeStory());
    assert.equal(moved, 0, `the address moved ${moved} times`);
    assert.equal(result.failed, 0, describeLoad(result));
  });
});
