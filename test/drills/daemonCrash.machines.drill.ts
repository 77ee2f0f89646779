// The daemon of the local cloud is killed at random instants under a running `pulumi up`.
import { setTimeout } from "node:timers/promises";
import { whyNoMachines } from "../../localcloud/test/machines/lab";
import { CrashLab } from "../crash/crashLab";
import { crashProgram } from "../crash/crashProgram";
import { drillRandom } from "./support/random";
import { drillNumbers } from "./support/record";

/** How often the daemon is killed; 50 take about a quarter of an hour. */
const kills = Number(process.env.DRILL_KILLS ?? 10);

describe(`drill: local cloud killed ${kills} times at random instants under a running pulumi up`, function () {
  this.timeout((5 + 2 * kills) * 60_000);
  let lab: CrashLab;

  before(async function () {
    if (whyNoMachines() !== undefined) this.skip();
    lab = await CrashLab.start();
  });

  after(async () => {
    await lab?.stop();
  });

  it("repair and another up are all that it takes", async () => {
    const random = drillRandom();
    let [killed, repaired] = [0, 0];
    for (let round = 1; killed < kills; round++) {
      lab.stack.workspace.program = crashProgram((round % 2) + 1);
      let ended = false;
      const run = lab.stack.up().then(
        () => true,
        () => false,
      );
      const watched = run.finally(() => {
        ended = true;
      });
      while (!ended && killed < kills) {
        await Promise.race([watched, setTimeout(200 + random() * 4_000)]);
        if (!ended && (await lab.killDaemon())) killed++;
      }
      if (await run) continue;
      repaired++;
      for (const line of await lab.repair()) console.log(`      ${line}`);
    }
    drillNumbers({ kills: killed, failedRuns: repaired });
    await lab.assertConverges();
  });

  it("has lost and doubled no machine, address or volume", () => lab.assertNothingLostOrDoubled());

  it("destroys everything after that", () => lab.assertDestroys());
});
