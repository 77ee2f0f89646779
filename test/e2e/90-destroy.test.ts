import assert from "node:assert/strict";
import { down, leftovers } from "../../localcloud/src/daemon/down";
import { localStack } from "../../scripts/localStack";
import { api, servers } from "./support/cloud";
import { interrupted } from "./support/interrupted";

describe("destroy", function () {
  this.timeout("10m");

  it("removes every server, network, address and volume from the cloud, also when one was killed before", async () => {
    const stack = await localStack();
    await interrupted(stack, "destroy", 8);
    await stack.destroy({ color: "never" });
    assert.deepEqual(await servers(), []);
    for (const kind of [
      "networks",
      "floating_ips",
      "primary_ips",
      "volumes",
      "firewalls",
      "placement_groups",
      "ssh_keys",
    ]) {
      const answer = await api<Record<string, unknown[]>>(`/${kind}`);
      assert.deepEqual(answer[kind], [], kind);
    }
  });

  it("local:down leaves no machine, namespace, mount, process, address or table behind", async () => {
    await down(() => {});
    assert.deepEqual(await leftovers(), []);
  });
});
