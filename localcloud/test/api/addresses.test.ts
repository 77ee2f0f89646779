import assert from "node:assert/strict";
import { TestCloud } from "./testCloud";

describe("local cloud API: life cycles of addresses", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

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

  it("moves a floating IPv6 network as it moves an address; it is a /64, and any of its addresses may have a name", async () => {
    const [a, b] = [await cloud.server("a"), await cloud.server("b")];
    const made = await cloud.ok("POST", "/floating_ips", {
      type: "ipv6",
      home_location: "fsn1",
      name: "six",
    });
    assert.equal(made.action, undefined);
    const { floating_ip } = made;
    assert.match(floating_ip.ip, /^2001:db8:2:[0-9a-f]+::\/64$/);
    assert.deepEqual([floating_ip.type, floating_ip.server, floating_ip.dns_ptr], ["ipv6", null, []]);
    const path = `/floating_ips/${floating_ip.id}`;
    for (const { id } of [a, b]) {
      await cloud.act(`${path}/actions/assign`, { server: id });
      const [routed] = cloud.host.world?.floatingAddresses ?? [];
      assert.deepEqual([routed?.cidr, routed?.serverId], [floating_ip.ip, id]);
    }
    const first = floating_ip.ip.replace("/64", "1");
    await cloud.act(`${path}/actions/change_dns_ptr`, { ip: first, dns_ptr: "www.example.com" });
    const named = [{ ip: first, dns_ptr: "www.example.com" }];
    assert.deepEqual((await cloud.get(path)).floating_ip.dns_ptr, named);
    const elsewhere = { ip: "2001:db8:9::1", dns_ptr: "www.example.com" };
    await cloud.fails("invalid_input", "POST", `${path}/actions/change_dns_ptr`, elsewhere);
    await cloud.act(`${path}/actions/change_dns_ptr`, { ip: first, dns_ptr: null });
    assert.deepEqual((await cloud.get(path)).floating_ip.dns_ptr, []);
    const { floating_ip: other } = await cloud.ok("POST", "/floating_ips", { type: "ipv6", server: b.id });
    assert.notEqual(other.ip, floating_ip.ip);
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

  it("protects a primary IP only when it does not go with its server", async () => {
    const server = await cloud.server("a");
    const path = `/primary_ips/${server.public_net.ipv4.id}`;
    await cloud.fails("invalid_input", "POST", `${path}/actions/change_protection`, { delete: true });
    await cloud.ok("PUT", path, { auto_delete: false });
    await cloud.act(`${path}/actions/change_protection`, { delete: true });
    assert.equal((await cloud.fails("protected", "DELETE", path)).status, 423);
  });
});
