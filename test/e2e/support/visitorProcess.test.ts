import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { until } from "../../components/roles/edge/support/until";

const module = join(__dirname, "visitorProcess.ts");

/** Waits for its signal, and says that it came. */
const visitor = `require(${JSON.stringify(module)}).whenStopped().addEventListener("abort", () =>
  process.stdout.write("stopped\\n", () => process.exit()));
console.log(process.pid);`;
const node = ["--import", "tsx", "--eval"];

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [chunk] = (await once(stream, "data")) as [Buffer];
  return chunk.toString().trim();
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a visitor that is a process of its own", function () {
  this.timeout(60_000);

  it("is told by SIGTERM to come to an end", async () => {
    const child = spawn(process.execPath, [...node, visitor], { stdio: ["pipe", "pipe", "inherit"] });
    await firstLine(child.stdout);
    child.kill("SIGTERM");
    const [said] = await Promise.all([firstLine(child.stdout), once(child, "exit")]);
    assert.equal(said, "stopped");
  });

  it("goes when whoever started it is killed", async () => {
    const starts = `const child = require("node:child_process").spawn(process.execPath, ${JSON.stringify([...node, visitor])},
      { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.pipe(process.stdout);`;
    const parent = spawn(process.execPath, ["--eval", starts], { stdio: ["pipe", "pipe", "inherit"] });
    const pid = Number(await firstLine(parent.stdout));
    assert.ok(lives(pid), `no process ${pid}`);
    parent.kill("SIGKILL");
    await until(() => !lives(pid));
  });
});
