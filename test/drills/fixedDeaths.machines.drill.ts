// The daemon of the local cloud is killed at seven fixed requests under a running `pulumi up`, before, in and after each.
import { whyNoMachines } from "../../localcloud/test/machines/lab";
import { CrashLab } from "../crash/crashLab";
import { deaths, runThrough } from "../crash/deaths";
import { drillNumbers } from "./support/record";

describe(`drill: local cloud killed at ${deaths.length} points under a running pulumi up`, function () {
  this.timeout(15 * 60_000);
  let lab: CrashLab;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    lab = await CrashLab.start();
  });

  after(async () => {
    await lab?.stop();
  });

  it("repair and another up are all that it takes, and every point was met", async () => {
    await runThrough(lab, deaths);
    drillNumbers({ kills: deaths.length });
  });

  it("ends every action, and the same program converges", () => lab.assertConverges());

  it("has lost and doubled no machine, address or volume", () => lab.assertNothingLostOrDoubled());

  it("destroys everything after that", () => lab.assertDestroys());
});
