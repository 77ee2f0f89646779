import { whyNoMachines } from "../../localcloud/test/machines/lab";
import { CrashLab } from "./crashLab";
import { oneOfEachInstant, runThrough } from "./deaths";

// More of them: npm run drill -- fixedDeaths
describe(`local cloud killed at ${oneOfEachInstant.length} points under a running pulumi up`, function () {
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

  it("repair and another up are all that it takes, and every point was met", () =>
    runThrough(lab, oneOfEachInstant));

  it("ends every action, and the same program converges", () => lab.assertConverges());

  it("has lost and doubled no machine, address or volume", () => lab.assertNothingLostOrDoubled());

  it("destroys everything after that", () => lab.assertDestroys());
});
