import assert from "node:assert/strict";
import { assertHashOf } from "./rootPasswordHash";
import { type Json, TestCloud } from "./testCloud";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY someone";

describe("local cloud API: life cycles", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  it("keeps SSH keys with the MD5 fingerprint of their blob", async () => {
    const { ssh_key: key } = await cloud.ok("POST", "/ssh_keys", {
      name: "me",
      public_key: KEY,
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

  it("creates a server that runs with addresses, network, firewall, volume and key from its first boot", async () => {
    const { ssh_key } = await cloud.ok("POST", "/ssh_keys", { name: "me", public_key: KEY });
    const network = await cloud.network();
    const rules = [{ direction: "in", protocol: "tcp", port: "22", source_ips: ["0.0.0.0/0", "::/0"] }];
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "ssh", rules });
    const { volume, action } = await cloud.ok("POST", "/volumes", {
      name: "data",
      size: 10,
      location: "fsn1",
    });
    assert.equal(volume.status, "creating");
    await cloud.succeeds(action);
    const { placement_group } = await cloud.ok("POST", "/placement_groups", {
      name: "apart",
      type: "spread",
    });
    const server = await cloud.server("web1", {
      ssh_keys: [ssh_key.id],
      networks: [network.id],
      firewalls: [{ firewall: firewall.id }],
      volumes: [volume.id],
      placement_group: placement_group.id,
      user_data: "#cloud-config\n",
      labels: { role: "web" },
    });
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
    assert.deepEqual(booted?.sshKeys, [KEY]);
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

  it("moves a floating IP with one assign; the state changes with the action", async () => {
    const [a, b] = [await cloud.server("a"), await cloud.server("b")];
    const { floating_ip } = await cloud.ok("POST", "/floating_ips", { type: "ipv4", home_location: "fsn1" });
    const path = `/floating_ips/${floating_ip.id}`;
    await cloud.act(`${path}/actions/assign`, { server: a.id });
    let release: () => void = () => undefined;
    cloud.host.gate = ({ method }) =>
      method === "reconcileNetwork" ? new Promise((resolve) => (release = resolve)) : Promise.resolve();
    const { action } = await cloud.ok("POST", `${path}/actions/assign`, { server: b.id });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await cloud.get(path)).floating_ip.server, a.id);
    assert.equal((await cloud.get(`/actions/${action.id}`)).action.status, "running");
    release();
    await cloud.succeeds(action);
    assert.equal((await cloud.get(path)).floating_ip.server, b.id);
    assert.equal(cloud.host.world?.floatingAddresses[0]?.serverId, b.id);
    assert.deepEqual((await cloud.get(`/servers/${b.id}`)).server.public_net.floating_ips, [floating_ip.id]);
    cloud.host.gate = async () => undefined;
    await cloud.fails("floating_ip_assigned", "POST", `${path}/actions/assign`, { server: b.id });
    await cloud.fails("must_be_unassigned", "DELETE", path);
    await cloud.act(`${path}/actions/unassign`);
    assert.equal((await cloud.call("DELETE", path)).status, 204);
  });

  it("assigns primary IPs only to stopped servers without one", async () => {
    const server = await cloud.server("a", { public_net: { enable_ipv4: false } });
    const body = { name: "p", type: "ipv4", location: "fsn1", assignee_type: "server" };
    const { primary_ip, action } = await cloud.ok("POST", "/primary_ips", body);
    assert.equal(action, undefined);
    assert.equal(primary_ip.assignee_type, "server");
    const path = `/primary_ips/${primary_ip.id}`;
    const wish = { assignee_type: "server", assignee_id: server.id };
    await cloud.fails("server_not_stopped", "POST", `${path}/actions/assign`, wish);
    await cloud.act(`/servers/${server.id}/actions/poweroff`);
    await cloud.act(`${path}/actions/assign`, wish);
    await cloud.fails("primary_ip_already_assigned", "POST", `${path}/actions/assign`, wish);
    const { primary_ip: second } = await cloud.ok("POST", "/primary_ips", { ...body, name: "q" });
    await cloud.fails("server_has_ipv4", "POST", `/primary_ips/${second.id}/actions/assign`, wish);
    await cloud.fails("must_be_unassigned", "DELETE", path);
    await cloud.act(`${path}/actions/unassign`);
    assert.equal((await cloud.call("DELETE", path)).status, 204);
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

  it("sets and resets reverse DNS of servers, floating and primary IPs", async () => {
    const server = await cloud.server("a");
    const { ip, id } = server.public_net.ipv4;
    await cloud.act(`/servers/${server.id}/actions/change_dns_ptr`, { ip, dns_ptr: "a.example.com" });
    assert.equal((await cloud.get(`/primary_ips/${id}`)).primary_ip.dns_ptr[0].dns_ptr, "a.example.com");
    const six = "2001:db8:1:1::1";
    await cloud.act(`/servers/${server.id}/actions/change_dns_ptr`, {
      ip: "2001:db8:1:1:0::1",
      dns_ptr: "b.example.com",
    });
    const shown = (await cloud.get(`/servers/${server.id}`)).server.public_net;
    assert.deepEqual(shown.ipv6.dns_ptr, [{ ip: six, dns_ptr: "b.example.com" }]);
    await cloud.act(`/primary_ips/${id}/actions/change_dns_ptr`, { ip, dns_ptr: null });
    const reset = (await cloud.get(`/servers/${server.id}`)).server.public_net.ipv4.dns_ptr;
    assert.equal(reset, "static.2.100.51.198.clients.your-server.de");
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
    await cloud.ok("POST", "/ssh_keys", { name: "me", public_key: KEY });
    const keyed = await cloud.ok("POST", "/servers", { ...body, name: "keyed", ssh_keys: ["me"] });
    assert.equal(keyed.root_password, null);
    await cloud.api.runner.idle();
    assert.equal(cloud.host.alive.get(keyed.server.id)?.rootPasswordHash, undefined);
  });

  it("protects a primary IP only when it does not go with its server", async () => {
    const server = await cloud.server("a");
    const path = `/primary_ips/${server.public_net.ipv4.id}`;
    await cloud.fails("invalid_input", "POST", `${path}/actions/change_protection`, { delete: true });
    await cloud.ok("PUT", path, { auto_delete: false });
    await cloud.act(`${path}/actions/change_protection`, { delete: true });
    assert.equal((await cloud.fails("protected", "DELETE", path)).status, 423);
  });
});
