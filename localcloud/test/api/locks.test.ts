import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { hold } from "./hold";
import { TestCloud } from "./testCloud";

describe("local cloud API: locks and conflicts", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  it("answers locked for a second action of a server, and for its deletion", async () => {
    const server = await cloud.server("a");
    const path = `/servers/${server.id}`;
    const release = hold(cloud, "powerOff");
    const { action } = await cloud.ok("POST", `${path}/actions/poweroff`);
    const shown = (await cloud.get(path)).server;
    assert.deepEqual([shown.status, shown.locked], ["stopping", true]);
    const error = await cloud.fails("locked", "POST", `${path}/actions/poweron`);
    assert.equal(error.status, 423);
    await cloud.fails("locked", "DELETE", path);
    const { volume } = await cloud.ok("POST", "/volumes", { name: "v", size: 10, location: "fsn1" });
    await cloud.fails("locked", "POST", `/volumes/${volume.id}/actions/attach`, { server: server.id });
    release();
    await cloud.succeeds(action);
    assert.equal((await cloud.get(path)).server.locked, false);
  });

  it("keeps a server locked from its creation to the end of the last of its next actions", async () => {
    const release = hold(cloud, "start");
    const body = { name: "a", server_type: "cx23", image: "debian-13" };
    const { server, next_actions } = await cloud.ok("POST", "/servers", body);
    const status = async () => (await cloud.get(`/servers/${server.id}`)).server.status;
    await eventually(async () => (await status()) === "starting", "the next action begins", { everyMs: 5 });
    await cloud.fails("locked", "POST", `/servers/${server.id}/actions/poweroff`);
    release();
    await cloud.succeeds(next_actions.at(-1));
  });

  it("lets floating IPs, firewalls and reverse DNS change while the server is locked (HC-K3)", async () => {
    const server = await cloud.server("a");
    const { floating_ip } = await cloud.ok("POST", "/floating_ips", { type: "ipv4", home_location: "fsn1" });
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "f" });
    const release = hold(cloud, "powerOff");
    const { action } = await cloud.ok("POST", `/servers/${server.id}/actions/poweroff`);
    await cloud.ok("POST", `/floating_ips/${floating_ip.id}/actions/assign`, { server: server.id });
    await cloud.ok("POST", `/firewalls/${firewall.id}/actions/apply_to_resources`, {
      apply_to: [{ type: "server", server: { id: server.id } }],
    });
    const { ip } = server.public_net.ipv4;
    await cloud.ok("POST", `/servers/${server.id}/actions/change_dns_ptr`, { ip, dns_ptr: "a.example.com" });
    release();
    await cloud.succeeds(action);
  });

  it("answers conflict for every change of a network while one runs (HC-K1)", async () => {
    const network = await cloud.network();
    const path = `/networks/${network.id}`;
    const release = hold(cloud, "reconcileNetwork");
    const subnet = { type: "cloud", network_zone: "eu-central" };
    const { action } = await cloud.ok("POST", `${path}/actions/add_subnet`, subnet);
    const error = await cloud.fails("conflict", "POST", `${path}/actions/add_subnet`, subnet);
    assert.equal(error.status, 409);
    await cloud.fails("conflict", "PUT", path, { name: "other" });
    await cloud.fails("conflict", "DELETE", path);
    release();
    await cloud.succeeds(action);
    assert.deepEqual((await cloud.get(path)).network.subnets.at(-1).ip_range, "10.0.0.0/24");
    await cloud.act(`${path}/actions/add_subnet`, subnet);
    assert.deepEqual((await cloud.get(path)).network.subnets.at(-1).ip_range, "10.0.2.0/24");
  });

  it("reserves the addresses of attachments that still run", async () => {
    const network = await cloud.network();
    const [a, b] = [await cloud.server("a"), await cloud.server("b")];
    const release = hold(cloud, "reconcileNetwork");
    const body = { network: network.id };
    await cloud.ok("POST", `/servers/${a.id}/actions/attach_to_network`, body);
    await cloud.ok("POST", `/servers/${b.id}/actions/attach_to_network`, body);
    await cloud.fails("service_error", "POST", `/networks/${network.id}/actions/delete_subnet`, {
      ip_range: "10.0.1.0/24",
    });
    release();
    await cloud.api.runner.idle();
    const ips = await Promise.all(
      [a, b].map(async ({ id }) => (await cloud.get(`/servers/${id}`)).server.private_net[0].ip),
    );
    assert.deepEqual(ips, ["10.0.1.1", "10.0.1.2"]);
  });

  it("deletes a network with servers attached, which are detached", async () => {
    const network = await cloud.network();
    const server = await cloud.server("a", { networks: [network.id] });
    await cloud.act(`/networks/${network.id}/actions/change_protection`, { delete: true });
    const error = await cloud.fails("protected", "DELETE", `/networks/${network.id}`);
    assert.equal(error.message, "network is delete protected");
    await cloud.act(`/networks/${network.id}/actions/change_protection`, { delete: false });
    assert.equal((await cloud.call("DELETE", `/networks/${network.id}`)).status, 204);
    assert.deepEqual((await cloud.get(`/servers/${server.id}`)).server.private_net, []);
  });

  it("tells in the texts that clients match on why a subnet or a firewall stays", async () => {
    const network = await cloud.network();
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "f" });
    await cloud.server("a", { networks: [network.id], firewalls: [{ firewall: firewall.id }] });
    const subnet = { ip_range: "10.0.1.0/24" };
    const used = await cloud.fails(
      "service_error",
      "POST",
      `/networks/${network.id}/actions/delete_subnet`,
      subnet,
    );
    assert.match(used.message, /servers are attached/);
    const error = await cloud.fails("resource_in_use", "DELETE", `/firewalls/${firewall.id}`);
    assert.equal(error.message, `firewall with ID ${firewall.id} is still in use`);
  });
});

describe("local cloud API: firewalls", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const open = (port: string) => ({ direction: "in", protocol: "tcp", port, source_ips: ["0.0.0.0/0"] });
  const ports = (id: number) =>
    cloud.host.world?.servers.find((server) => server.id === id)?.firewall?.map(({ port }) => port) ?? null;

  it("adds up the rules of all firewalls, direct and by selector", async () => {
    const server = await cloud.server("a");
    assert.equal(ports(server.id), null);
    const { firewall: direct } = await cloud.ok("POST", "/firewalls", {
      name: "direct",
      rules: [open("22")],
    });
    await cloud.ok("POST", "/firewalls", {
      name: "selected",
      rules: [open("80")],
      apply_to: [{ type: "label_selector", label_selector: { selector: "role=web" } }],
    });
    const target = { type: "server", server: { id: server.id } };
    await cloud.act(`/firewalls/${direct.id}/actions/apply_to_resources`, { apply_to: [target] });
    assert.deepEqual(ports(server.id), ["22"]);
    await cloud.ok("PUT", `/servers/${server.id}`, { labels: { role: "web" } });
    await settled(cloud);
    assert.deepEqual(ports(server.id), ["22", "80"]);
    await cloud.act(`/firewalls/${direct.id}/actions/set_rules`, { rules: [open("443"), open("443")] });
    assert.deepEqual(ports(server.id), ["443", "80"]);
    await cloud.act(`/firewalls/${direct.id}/actions/remove_from_resources`, { remove_from: [target] });
    assert.deepEqual(ports(server.id), ["80"]);
    await cloud.ok("PUT", `/servers/${server.id}`, { labels: {} });
    await settled(cloud);
    assert.equal(ports(server.id), null);
  });

  it("shows which servers a selector selects and refuses to remove one by hand", async () => {
    const server = await cloud.server("a", { labels: { role: "web" } });
    const selector = { type: "label_selector", label_selector: { selector: "role=web" } };
    const { firewall, actions } = await cloud.ok("POST", "/firewalls", { name: "f", apply_to: [selector] });
    for (const action of actions) await cloud.succeeds(action);
    const path = `/firewalls/${firewall.id}`;
    const [application] = (await cloud.get(path)).firewall.applied_to;
    assert.deepEqual(application.applied_to_resources, [{ type: "server", server: { id: server.id } }]);
    await cloud.fails("firewall_managed_by_label_selector", "POST", `${path}/actions/remove_from_resources`, {
      remove_from: [{ type: "server", server: { id: server.id } }],
    });
    // The provider sends the read-only key back.
    await cloud.act(`${path}/actions/remove_from_resources`, { remove_from: [application] });
    assert.equal((await cloud.call("DELETE", path)).status, 204);
  });

  it("takes empty lists of targets and refuses servers without a public interface", async () => {
    const { firewall } = await cloud.ok("POST", "/firewalls", { name: "f" });
    const path = `/firewalls/${firewall.id}/actions`;
    assert.deepEqual(await cloud.ok("POST", `${path}/apply_to_resources`, { apply_to: [] }), { actions: [] });
    assert.deepEqual(await cloud.ok("POST", `${path}/remove_from_resources`, { remove_from: [] }), {
      actions: [],
    });
    const network = await cloud.network();
    const server = await cloud.server("a", {
      networks: [network.id],
      public_net: { enable_ipv4: false, enable_ipv6: false },
    });
    await cloud.fails("private_net_only_server", "POST", `${path}/apply_to_resources`, {
      apply_to: [{ type: "server", server: { id: server.id } }],
    });
  });
});

/** A change without an action reaches the host a moment later. */
async function settled(cloud: TestCloud) {
  const before = cloud.host.count("reconcileNetwork");
  while (cloud.host.count("reconcileNetwork") === before)
    await new Promise((resolve) => setImmediate(resolve));
}
