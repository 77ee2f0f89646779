// The daemon of the local cloud is killed twelve times at random instants while its API works; no machines.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { assertNothingLostOrDoubled, DyingCloud, work } from "../../localcloud/test/api/dyingCloud";
import { drillRandom } from "./support/random";
import { drillNumbers } from "./support/record";

const kills = 12;

describe("drill: local cloud API", function () {
  this.timeout(600_000);

  it(`kill -9 at ${kills} random instants loses nothing and doubles nothing`, async () => {
    const random = drillRandom();
    const cloud = new DyingCloud();
    // Slow enough that a death finds actions at work.
    cloud.pace = () => setTimeout(random() * 10);
    cloud.start();
    try {
      let done = false;
      const working = work(cloud).finally(() => {
        done = true;
      });
      while (!done && cloud.deaths < kills) {
        await cloud.call("GET", "/locations");
        await setTimeout(random() * 250);
        await cloud.kill();
        cloud.start();
      }
      await working;
      drillNumbers({ kills: cloud.deaths });
      assert.ok(cloud.deaths > 0, "it died while there was work");
      await assertNothingLostOrDoubled(cloud);
    } finally {
      await cloud.kill();
      rmSync(cloud.directory, { recursive: true, force: true });
    }
  });
});
