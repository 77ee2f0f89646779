import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";

const root = dirname(dirname(__dirname));

/** A process with a child of execa's that runs, which needs half a second to clean up. */
const program = `
const { whenSignalled } = require(${JSON.stringify(join(root, "toolchain", "signals.ts"))});
whenSignalled((signal) => {
  console.log(signal);
  setTimeout(() => { console.log("cleaned up"); process.exit(7); }, 500);
});
import("execa").then(({ execa }) => {
  execa("sleep", ["20"]).catch(() => {});
  console.log("ready");
});`;

async function signalled(...signals: readonly NodeJS.Signals[]) {
  const child = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    const next = signals[said.trim().split("\n").length - 1];
    if (next !== undefined) child.kill(next);
  });
  const [code] = await once(child, "close");
  return [code, said.trim().split("\n")];
}

describe("whenSignalled", function () {
  this.timeout(30_000);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`lets a process that runs another program clean up after ${signal}`, async () => {
      assert.deepEqual(await signalled(signal), [7, ["ready", signal, "cleaned up"]]);
    });
  }

  it("ends the process at once at the second signal", async () => {
    assert.deepEqual(await signalled("SIGINT", "SIGTERM"), [143, ["ready", "SIGINT"]]);
  });
});
