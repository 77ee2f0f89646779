import assert from "node:assert/strict";
import { down, leftovers } from "../../localcloud/src/daemon/down";
import { localStack } from "../../scripts/localStack";
import { api, servers } from "./support/cloud";

describe("destroy", function () {
  this.timeout("10m");

  it("removes every server, network, address and volume from the cloud", async () => {
    await (await localStack()).destroy({ color: "never" });
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
