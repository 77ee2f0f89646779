import assert from "node:assert/strict";
import { hold } from "./hold";
import { TestCloud } from "./testCloud";

describe("what is assigned nowhere cannot be unassigned", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());

  for (const [kind, body, action] of [
    ["floating_ip", { type: "ipv4", home_location: "fsn1" }, "unassign"],
    ["primary_ip", { type: "ipv4", location: "fsn1", name: "free" }, "unassign"],
    ["volume", { name: "free", size: 10, location: "fsn1" }, "detach"],
  ] as const) {
    it(`a ${kind.replace("_", " ")}: service_error, and no action is begun`, async () => {
      const made = await cloud.ok("POST", `/${kind}s`, body);
      if (made.action) await cloud.succeeds(made.action);
      const before = (await cloud.get(`/${kind}s/actions`)).actions.length;
      const error = await cloud.fails(
        "service_error",
        "POST",
        `/${kind}s/${made[kind].id}/actions/${action}`,
      );
      assert.match(error.message, /is not (assigned|attached) to a server$/);
      assert.equal(error.status, 422);
      assert.equal((await cloud.get(`/${kind}s/actions`)).actions.length, before);
    });
  }

  it("while it is just being unassigned, it is locked", async () => {
    const { id } = await cloud.server("owner");
    const made = await cloud.ok("POST", "/floating_ips", { type: "ipv4", server: id });
    await cloud.succeeds(made.action);
    const path = `/floating_ips/${made.floating_ip.id}/actions/unassign`;
    const release = hold(cloud, "reconcileNetwork");
    await cloud.ok("POST", path);
    await cloud.fails("locked", "POST", path);
    release();
    await cloud.api.runner.idle();
    await cloud.fails("service_error", "POST", path);
  });
});
