import assert from "node:assert/strict";
import { assertHashOf } from "../rootPasswordHash";
import { type Json, sshKey, TestCloud } from "../testCloud";

describe("local cloud API: life cycle of a server", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  /** A server with one of everything that it can have from its first boot. */
  const furnishedServer = async () => {
    const { ssh_key } = await cloud.ok("POST", "/ssh_keys", { name: "me", public_key: sshKey });
    const network = await cloud.network();
    const rules = [{ direction: "in", protocol: "tcp", port: "22", source_ips: ["0.0.0.0/0", "::/0"] }];
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "ssh", rules });
    const body = { name: "data", size: 10, location: "fsn1" };
    const { volume, action } = await cloud.ok("POST", "/volumes", body);
    assert.equal(volume.status, "creating");
    await cloud.succeeds(action);
    const group = { name: "apart", type: "spread" };
    const { placement_group } = await cloud.ok("POST", "/placement_groups", group);
    const server = await cloud.server("web1", {
      ssh_keys: [ssh_key.id],
      networks: [network.id],
      firewalls: [{ firewall: firewall.id }],
      volumes: [volume.id],
      placement_group: placement_group.id,
      user_data: "#cloud-config\n",
      labels: { role: "web" },
    });
    return { network, firewall, volume, server };
  };

  it("creates a server that runs with addresses, network, firewall, volume and key from its first boot", async () => {
    const { network, firewall, volume, server } = await furnishedServer();
    assert.equal(server.status, "running");
    assert.equal(server.public_net.ipv4.ip, "198.51.100.2");
    assert.equal(server.public_net.ipv4.dns_ptr, "static.2.100.51.198.clients.your-server.de");
    assert.equal(server.public_net.ipv6.ip, "2001:db8:1:1::/64");
    assert.deepEqual(server.public_net.firewalls, [{ id: firewall.id, status: "applied" }]);
    assert.deepEqual(server.volumes, [volume.id]);
    assert.equal(server.placement_group.servers[0], server.id);
    const [attached] = server.private_net;
    assert.equal(attached.ip, "10.0.1.1");
    const booted = cloud.host.alive.get(server.id);
    assert.deepEqual(booted?.attachments, [
      { networkId: network.id, ip: "10.0.1.1", aliasIps: [], macAddress: attached.mac_address },
    ]);
    assert.deepEqual(booted?.firewall?.[0]?.ranges, ["0.0.0.0/0", "::/0"]);
    assert.deepEqual(booted?.volumeIds, [volume.id]);
    assert.deepEqual(booted?.sshKeys, [sshKey]);
    assert.equal(booted?.userData, "#cloud-config\n");
    assert.deepEqual([booted?.cores, booted?.memoryGb, booted?.diskGb], [2, 4, 40]);
  });

  it("returns create_server and next_actions that are all visible and run in order", async () => {
    const network = await cloud.network();
    const body = { name: "a", server_type: 114, image: 310557660, location: 1, networks: [network.id] };
    const { action, next_actions } = await cloud.ok("POST", "/servers", body);
    const commands = [action, ...next_actions].map(({ command }: Json) => command);
    assert.deepEqual(commands, ["create_server", "attach_to_network", "start_server"]);
    const query = [action, ...next_actions].map(({ id }: Json) => `id=${id}`).join("&");
    const { actions } = await cloud.get(`/actions?${query}&page=1&sort=status&sort=id`);
    assert.equal(actions.length, 3);
    await cloud.succeeds(next_actions[1]);
    const order = cloud.host.calls
      .map(({ method }) => method)
      .filter((method) => !method.startsWith("reconcile"));
    assert.deepEqual(order, ["running", "createServer", "start"]);
  });

  it("deletes a running server with what belongs to it and leaves the rest", async () => {
    const network = await cloud.network();
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "f" });
    const { primary_ip: kept } = await cloud.ok("POST", "/primary_ips", {
      name: "kept",
      type: "ipv4",
      location: "fsn1",
      assignee_type: "server",
    });
    const server = await cloud.server("a", {
      networks: [network.id],
      firewalls: [{ firewall: firewall.id }],
      public_net: { ipv4: kept.id },
    });
    const { volume } = await cloud.ok("POST", "/volumes", { name: "v", size: 10, server: server.id });
    const { floating_ip } = await cloud.ok("POST", "/floating_ips", { type: "ipv4", server: server.id });
    await cloud.api.runner.idle();
    const { action } = await cloud.ok("DELETE", `/servers/${server.id}`);
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.status, "deleting");
    await cloud.succeeds(action);
    await cloud.fails("not_found", "GET", `/servers/${server.id}`);
    assert.equal((await cloud.get(`/actions/${action.id}`)).action.command, "delete_server");
    assert.equal((await cloud.get(`/volumes/${volume.id}`)).volume.server, null);
    assert.equal((await cloud.get(`/floating_ips/${floating_ip.id}`)).floating_ip.server, null);
    assert.deepEqual((await cloud.get(`/firewalls/${firewall.id}`)).firewall.applied_to, []);
    assert.deepEqual((await cloud.get(`/networks/${network.id}`)).network.servers, []);
    const { primary_ips } = await cloud.get("/primary_ips");
    assert.deepEqual(
      primary_ips.map(({ id, assignee_id }: Json) => [id, assignee_id]),
      [[kept.id, null]],
    );
    assert.equal(cloud.host.machines.size, 0);
    assert.equal(cloud.host.volumes.get(volume.id)?.serverId, null);
    assert.deepEqual(cloud.host.world?.servers, []);
  });

  it("moves power through poweroff, poweron, reset, shutdown and reboot", async () => {
    const server = await cloud.server("a");
    const status = async () => (await cloud.get(`/servers/${server.id}`)).server.status;
    const path = `/servers/${server.id}/actions`;
    await cloud.act(`${path}/poweroff`);
    assert.equal(await status(), "off");
    await cloud.act(`${path}/poweroff`);
    await cloud.act(`${path}/poweron`);
    assert.equal(await status(), "running");
    await cloud.act(`${path}/reset`);
    await cloud.act(`${path}/reboot`);
    assert.equal(await status(), "running");
    await cloud.act(`${path}/shutdown`);
    assert.equal(await status(), "off");
  });

  it("follows a machine that powers itself off or dies", async () => {
    const server = await cloud.server("a");
    cloud.host.exit(server.id, "killed");
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.status, "off");
  });

  it("changes the type of a stopped server and starts it with the new size", async () => {
    const server = await cloud.server("a");
    const path = `/servers/${server.id}/actions`;
    const body = { server_type: "cx33", upgrade_disk: false };
    await cloud.fails("server_not_stopped", "POST", `${path}/change_type`, body);
    await cloud.act(`${path}/poweroff`);
    await cloud.act(`${path}/change_type`, body);
    const changed = (await cloud.get(`/servers/${server.id}`)).server;
    assert.deepEqual(
      [changed.status, changed.server_type.name, changed.primary_disk_size],
      ["running", "cx33", 40],
    );
    assert.deepEqual(
      [cloud.host.alive.get(server.id)?.cores, cloud.host.alive.get(server.id)?.memoryGb],
      [4, 8],
    );
  });

  it("attaches, gives aliases and detaches", async () => {
    const network = await cloud.network();
    const server = await cloud.server("a");
    const path = `/servers/${server.id}/actions`;
    await cloud.act(`${path}/attach_to_network`, {
      network: network.id,
      ip: "10.0.1.7",
      alias_ips: ["10.0.1.8"],
    });
    await cloud.act(`${path}/change_alias_ips`, { network: network.id, alias_ips: ["10.0.1.8", "10.0.1.9"] });
    const [net] = (await cloud.get(`/servers/${server.id}`)).server.private_net;
    assert.deepEqual([net.ip, net.alias_ips], ["10.0.1.7", ["10.0.1.8", "10.0.1.9"]]);
    assert.deepEqual(cloud.host.world?.servers[0]?.attachments[0]?.aliasIps, ["10.0.1.8", "10.0.1.9"]);
    await cloud.act(`${path}/detach_from_network`, { network: network.id });
    assert.deepEqual(cloud.host.world?.servers[0]?.attachments, []);
  });

  it("protects servers against deletion and rebuild", async () => {
    const server = await cloud.server("a");
    const path = `/servers/${server.id}`;
    await cloud.fails("invalid_input", "POST", `${path}/actions/change_protection`, { delete: true });
    await cloud.act(`${path}/actions/change_protection`, { delete: true, rebuild: true });
    assert.equal((await cloud.fails("protected", "DELETE", path)).status, 423);
    await cloud.fails("protected", "POST", `${path}/actions/rebuild`, { image: "debian-13" });
  });

  it("gives a root password only to servers without a key, and stores its hash alone", async () => {
    const body = { name: "open", server_type: "cx23", image: "debian-13" };
    const { server, root_password: password } = await cloud.ok("POST", "/servers", body);
    await cloud.api.runner.idle();
    const spec = cloud.host.alive.get(server.id);
    assertHashOf(password, spec?.rootPasswordHash);
    assert.ok(!JSON.stringify(cloud.store.list("server")).includes(password));
    await cloud.ok("POST", "/ssh_keys", { name: "me", public_key: sshKey });
    const keyed = await cloud.ok("POST", "/servers", { ...body, name: "keyed", ssh_keys: ["me"] });
    assert.equal(keyed.root_password, null);
    await cloud.api.runner.idle();
    assert.equal(cloud.host.alive.get(keyed.server.id)?.rootPasswordHash, undefined);
  });

  it("makes snapshots that servers boot from, and rebuilds", async () => {
    const server = await cloud.server("a");
    const path = `/servers/${server.id}/actions`;
    const { image, action } = await cloud.ok("POST", `${path}/create_image`, {
      description: "d",
      labels: { a: "b" },
    });
    assert.equal(image.status, "creating");
    await cloud.succeeds(action);
    const available = (await cloud.get(`/images/${image.id}`)).image;
    assert.deepEqual([available.status, available.image_size, available.type], ["available", 3, "snapshot"]);
    const copy = await cloud.server("b", { image: image.id });
    assert.equal(cloud.host.alive.get(copy.id)?.image, `snapshot-${image.id}`);
    await cloud.act(`${path}/rebuild`, { image: image.id });
    assert.equal(cloud.host.count("rebuildServer"), 1);
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.status, "running");
    await cloud.act(`/images/${image.id}/actions/change_protection`, { delete: true });
    const error = await cloud.fails("protected", "DELETE", `/images/${image.id}`);
    assert.equal(error.message, "snapshot deletion is protected");
    await cloud.act(`/images/${image.id}/actions/change_protection`, { delete: false });
    assert.equal((await cloud.call("DELETE", `/images/${image.id}`)).status, 204);
    assert.equal((await cloud.get(`/servers/${copy.id}`)).server.image, null);
  });
});
