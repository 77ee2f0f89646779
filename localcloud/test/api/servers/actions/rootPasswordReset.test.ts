import assert from "node:assert/strict";
import { assertHashOf } from "../../rootPasswordHash";
import { TestCloud } from "../../testCloud";

describe("local cloud API: reset of the root password", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  it("sets a new password in the running machine and answers it once", async () => {
    const { id } = await cloud.server("a");
    const { root_password: password, action } = await cloud.ok(
      "POST",
      `/servers/${id}/actions/reset_password`,
    );
    await cloud.succeeds(action);
    const hash = cloud.host.rootPasswords.get(id) ?? "";
    assertHashOf(password, hash);
    const stored = JSON.stringify([cloud.store.list("server"), cloud.store.list("action"), cloud.log]);
    assert.ok(!stored.includes(password));
  });

  it("fails when the guest refuses, in the action", async () => {
    const { id } = await cloud.server("a");
    cloud.host.failure = ({ method }) => (method === "setRootPassword" ? "chpasswd failed" : null);
    const { action } = await cloud.ok("POST", `/servers/${id}/actions/reset_password`);
    const ended = await cloud.ended(action);
    assert.deepEqual([ended.status, ended.error.message], ["error", "chpasswd failed"]);
  });
});
