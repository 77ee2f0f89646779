import assert from "node:assert/strict";
import { type Json, sshKey, TestCloud } from "./testCloud";

describe("local cloud API: life cycles", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  it("keeps SSH keys with the MD5 fingerprint of their blob", async () => {
    const { ssh_key: key } = await cloud.ok("POST", "/ssh_keys", {
      name: "me",
      public_key: sshKey,
      labels: { a: "b" },
    });
    assert.match(key.fingerprint, /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
    const found = await cloud.get(`/ssh_keys?fingerprint=${key.fingerprint}`);
    assert.deepEqual(found.ssh_keys, [key]);
    const { ssh_key: renamed } = await cloud.ok("PUT", `/ssh_keys/${key.id}`, { name: "you", labels: {} });
    assert.deepEqual(renamed, { ...key, name: "you", labels: {} });
    assert.deepEqual((await cloud.ok("PUT", `/ssh_keys/${key.id}`, {})).ssh_key, renamed);
    assert.equal((await cloud.call("DELETE", `/ssh_keys/${key.id}`)).status, 204);
    await cloud.fails("not_found", "GET", `/ssh_keys/${key.id}`);
  });

  it("attaches, resizes, detaches and deletes volumes", async () => {
    const server = await cloud.server("a");
    const { volume } = await cloud.ok("POST", "/volumes", {
      name: "v",
      size: 10,
      location: "fsn1",
      format: "ext4",
    });
    const path = `/volumes/${volume.id}`;
    await cloud.api.runner.idle();
    assert.equal(volume.linux_device, `/dev/disk/by-id/scsi-0HC_Volume_${volume.id}`);
    await cloud.act(`${path}/actions/attach`, { server: server.id, automount: true });
    assert.equal(cloud.host.volumes.get(volume.id)?.serverId, server.id);
    await cloud.fails("volume_already_attached", "POST", `${path}/actions/attach`, { server: server.id });
    await cloud.fails("service_error", "DELETE", path);
    await cloud.act(`${path}/actions/resize`, { size: 20 });
    assert.equal((await cloud.get(path)).volume.size, 20);
    await cloud.fails("invalid_input", "POST", `${path}/actions/resize`, { size: 15 });
    await cloud.act(`${path}/actions/detach`);
    assert.equal((await cloud.call("DELETE", path)).status, 204);
    await cloud.api.runner.idle();
    assert.equal(cloud.host.volumes.size, 0);
    assert.deepEqual(
      (await cloud.get("/volumes/actions")).actions.map(({ command }: Json) => command).at(-1),
      "detach_volume",
    );
  });

  it("groups servers, ten at most, and only stopped ones join", async () => {
    const { placement_group: group, action } = await cloud.ok("POST", "/placement_groups", {
      name: "g",
      type: "spread",
    });
    assert.equal(action, null);
    const server = await cloud.server("a");
    const path = `/servers/${server.id}/actions`;
    await cloud.fails("server_not_stopped", "POST", `${path}/add_to_placement_group`, {
      placement_group: group.id,
    });
    await cloud.act(`${path}/poweroff`);
    await cloud.act(`${path}/add_to_placement_group`, { placement_group: group.id });
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.status, "running", "Hetzner starts it");
    await cloud.fails("already_in_placement_group", "POST", `${path}/add_to_placement_group`, {
      placement_group: group.id,
    });
    assert.deepEqual((await cloud.get(`/placement_groups/${group.id}`)).placement_group.servers, [server.id]);
    await cloud.act(`${path}/remove_from_placement_group`);
    for (let n = 0; n < 10; n++) await cloud.server(`m${n}`, { placement_group: group.id });
    await cloud.fails("placement_error", "POST", "/servers", {
      name: "m11",
      server_type: "cx23",
      image: "debian-13",
      placement_group: group.id,
    });
  });
});
