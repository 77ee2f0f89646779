import assert from "node:assert/strict";
import { whyNoMachines } from "../../localcloud/test/machines/lab";
import type { SeenRequest } from "../support/answerProxy";
import { CrashLab } from "./crashLab";
import { crashProgram } from "./crashProgram";

/** `unheard`: before the request arrives; `unanswered`: after its effect; `answered`: while its action works. */
type Instant = "unheard" | "unanswered" | "answered";

/** At which request the daemon dies, in the order in which the runs meet them. */
const points: readonly {
  readonly version: 1 | 2;
  readonly method: "POST" | "DELETE";
  readonly path: RegExp;
  readonly instant: Instant;
}[] = [
  { version: 1, method: "POST", path: /\/servers$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/attach_to_network$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/volumes\/\d+\/actions\/attach$/, instant: "unanswered" },
  { version: 1, method: "POST", path: /\/floating_ips\/\d+\/actions\/assign$/, instant: "answered" },
  { version: 2, method: "DELETE", path: /\/servers\/\d+$/, instant: "unanswered" },
  { version: 2, method: "POST", path: /\/servers$/, instant: "answered" },
  { version: 2, method: "POST", path: /\/volumes\/\d+\/actions\/detach$/, instant: "unheard" },
];

describe(`local cloud killed at ${points.length} points under a running pulumi up`, function () {
  this.timeout(15 * 60_000);
  let lab: CrashLab;
  const left = new Set(points);
  let version = 1;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    lab = await CrashLab.start();
    const dies = async ({ method, path }: SeenRequest, instants: readonly Instant[]) => {
      const point = [...left].find(
        (other) =>
          other.version === version &&
          other.method === method &&
          instants.includes(other.instant) &&
          other.path.test(path.split("?", 1)[0] ?? ""),
      );
      if (point === undefined) return "pass";
      left.delete(point);
      await lab.killDaemon();
      return point.instant === "answered" ? "pass" : "lose";
    };
    lab.proxy.arrival = (seen) => dies(seen, ["unheard"]);
    lab.proxy.fate = (seen) => dies(seen, ["unanswered", "answered"]);
  });

  after(async () => {
    await lab?.stop();
  });

  it("repair and another up are all that it takes, and every point was met", async () => {
    for (version of [1, 2]) {
      lab.stack.workspace.program = crashProgram(version);
      // Each point ends one run at most, and a run that meets none succeeds.
      const told: string[] = [];
      for (let runs = 0; !(await succeeded(lab.stack.up(), told)); runs++) {
        assert.ok(runs <= points.length, `another run is all that it takes:\n${told.join("\n")}`);
        told.push(...(await lab.repair()));
      }
    }
    assert.deepEqual([...left], [], "every point was met");
  });

  it("ends every action, and the same program converges", () => lab.assertConverges());

  it("has lost and doubled no machine, address or volume", () => lab.assertNothingLostOrDoubled());

  it("destroys everything after that", () => lab.assertDestroys());
});

/** Whether a run ended well; notes its errors. */
const succeeded = (run: Promise<unknown>, told: string[]) =>
  run.then(
    () => true,
    (error: Error) => {
      told.push(
        error.message.slice(error.message.indexOf("Diagnostics:"), error.message.indexOf("Resources:")),
      );
      return false;
    },
  );
