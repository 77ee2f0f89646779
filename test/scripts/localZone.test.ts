import assert from "node:assert/strict";
import { TestCloud, TOKEN } from "../../localcloud/test/api/testCloud";
import { cloudClient } from "../../scripts/cloudClient";
import { ensureZone } from "../../scripts/localZone";

describe("the zone of the local platform's names", function () {
  this.timeout(60_000);
  let running: TestCloud;

  before(async () => {
    running = await TestCloud.start({ timeScale: 0.001 });
  });
  after(() => running?.stop());

  it("is there before the program makes records in it, and is left alone the second time", async () => {
    const { port } = await running.api.listen({ host: "127.0.0.1", port: 0 });
    const cloud = cloudClient(`http://127.0.0.1:${port}/v1`, TOKEN);
    await ensureZone(cloud, "platform.test");
    const { zone } = await running.get("/zones/platform.test");
    assert.deepEqual([zone.mode, zone.status], ["primary", "ok"]);
    const before = running.log.filter(({ method }) => method !== "GET").length;
    await ensureZone(cloud, "platform.test");
    assert.equal(running.log.filter(({ method }) => method !== "GET").length, before);
  });
});
