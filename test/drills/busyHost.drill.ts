import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { apiRequests, onMachine, servers } from "../e2e/support/cloud";
import { describeLoad, startLoad } from "../e2e/support/load";
import { platformIsUp, url } from "../e2e/support/platform";

/** `DRILL_MINUTES=2` for a short look. */
const minutes = Number(process.env.DRILL_MINUTES ?? 10);
/** Of Linux on x86-64: `getconf CLK_TCK`. */
const ticksPerSecond = 100;

/** A process that does nothing but compute, with the same right to the processor as everybody else. */
function busy(): ChildProcess {
  return spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
}

/** Processor seconds that a process has had. */
async function processorSeconds({ pid }: ChildProcess): Promise<number> {
  const [, fields = ""] = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ");
  const [userTicks, systemTicks] = fields.split(" ").slice(11, 13);
  return (Number(userTicks) + Number(systemTicks)) / ticksPerSecond;
}

/** Assignments of the floating IP so far; the first one is the bring-up's. */
async function assignments(): Promise<number> {
  const paths = (await apiRequests()).map((line) => (JSON.parse(line) as { path: string }).path);
  return paths.filter((path) => /\/floating_ips\/\d+\/actions\/assign$/.test(path)).length;
}

/** What each load balancer's journal says of elections and of nodes that it lost. */
async function edgeStory(): Promise<string> {
  const names = (await servers()).map(({ name }) => name).filter((name) => /-lb\d$/.test(name));
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
    const result = await load.result;
    const used = (await Promise.all(hogs.map(processorSeconds))).reduce((sum, seconds) => sum + seconds, 0);
    console.log(
      `      ${describeLoad(result)}; the other processes had ${used.toFixed(0)} processor seconds`,
    );
    // Where six machines and two loops share the processors, the loops get a good part of each.
    assert.ok(used > minutes * 60 * 0.4, `the host was not busy: ${used.toFixed(0)} processor seconds`);
    const moved = (await assignments()) - before;
    if (moved > 0 || result.failed > 0) console.log(await edgeStory());
    assert.equal(moved, 0, `the address moved ${moved} times`);
    assert.equal(result.failed, 0, describeLoad(result));
  });
});
