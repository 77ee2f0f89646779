import assert from "node:assert/strict";
import { type Json, TestCloud } from "../testCloud";
import { balancersIn, serverTarget, TCP } from "./support/balancers";

describe("local cloud API: targets of load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start({ dedicatedServerIps: ["192.0.2.7", "2001:db8:77::1"] });
  });
  afterEach(() => cloud.stop());

  const { create, read, act, refuse, spec } = balancersIn(() => cloud);

  it("reaches servers by their public or their private address, and only if there is one", async () => {
    const network = await cloud.network();
    const inside = await cloud.server("inside", {
      networks: [network.id],
      public_net: { enable_ipv4: false, enable_ipv6: false },
    });
    const outside = await cloud.server("outside");
    const row = await create();
    await refuse("resolve_cloud_public_targets_error", row, "add_target", serverTarget(inside));
    await refuse("load_balancer_not_attached_to_network", row, "add_target", serverTarget(inside, true));
    await act(row, "attach_to_network", { network: network.id });
    await refuse("resolve_cloud_private_targets_error", row, "add_target", serverTarget(outside, true));
    await refuse("not_found", row, "add_target", { type: "server", server: { id: 99 } });
    await act(row, "add_target", serverTarget(inside, true));
    await act(row, "add_target", serverTarget(outside));
    assert.deepEqual(spec()?.targets, ["10.0.1.1", outside.public_net.ipv4.ip]);
    const twice = await refuse("target_already_defined", row, "add_target", serverTarget(inside));
    assert.equal(twice.status, 422);
    assert.deepEqual((await cloud.get(`/servers/${inside.id}`)).server.load_balancers, [row.id]);
    await act(row, "remove_target", serverTarget(outside));
    await refuse("load_balancer_target_not_found", row, "remove_target", serverTarget(outside));
    assert.deepEqual((await cloud.get(`/servers/${outside.id}`)).server.load_balancers, []);
  });

  it("follows labels without an action", async () => {
    const first = await cloud.server("first", { labels: { role: "web" } });
    const second = await cloud.server("second");
    const row = await create({ services: [{ protocol: "http" }] });
    const selector = { type: "label_selector", label_selector: { selector: "role=web" } };
    await act(row, "add_target", selector);
    await refuse("target_already_defined", row, "add_target", selector);
    assert.deepEqual(spec()?.targets, [first.public_net.ipv4.ip]);
    await cloud.ok("PUT", `/servers/${second.id}`, { labels: { role: "web" } });
    const resolved = (await read(row)).targets[0].targets;
    assert.deepEqual(
      resolved.map((target: Json) => target.server.id),
      [first.id, second.id],
    );
    await cloud.api.runner.idle();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(spec()?.targets, [first.public_net.ipv4.ip, second.public_net.ipv4.ip]);
    await refuse("invalid_input", row, "add_target", {
      type: "label_selector",
      label_selector: { selector: "a===b" },
    });
  });

  it("takes IPs of dedicated servers only", async () => {
    const row = await create();
    const ip = (address: string) => ({ type: "ip", ip: { ip: address } });
    await act(row, "add_target", ip("192.0.2.7"));
    await act(row, "add_target", ip("2001:DB8:77::0001"));
    assert.deepEqual(spec()?.targets, ["192.0.2.7", "2001:db8:77::1"]);
    await refuse("target_already_defined", row, "add_target", ip("192.0.2.7"));
    assert.equal((await refuse("ip_not_owned", row, "add_target", ip("192.0.2.8"))).status, 422);
    await refuse("load_balancer_not_attached_to_network", row, "add_target", ip("10.0.1.9"));
    const network = await cloud.network();
    await act(row, "attach_to_network", { network: network.id });
    await refuse("network_has_no_vswitch_subnet", row, "add_target", ip("10.0.1.9"));
    await refuse("invalid_input", row, "add_target", ip("../etc"));
    await refuse("invalid_input", row, "add_target", { type: "ip" });
    await act(row, "remove_target", ip("192.0.2.7"));
    assert.deepEqual(spec()?.targets, ["2001:db8:77::1"]);
  });

  it("shows the health that the proxy measured for each service and target", async () => {
    const server = await cloud.server("web");
    const row = await create({ services: [{ protocol: "http" }, TCP], targets: [serverTarget(server)] });
    cloud.host.health.set(`${row.id}/80/${server.public_net.ipv4.ip}`, "healthy");
    cloud.host.health.set(`${row.id}/5432/${server.public_net.ipv4.ip}`, "unhealthy");
    assert.deepEqual((await read(row)).targets[0].health_status, [
      { listen_port: 80, status: "healthy" },
      { listen_port: 5432, status: "unhealthy" },
    ]);
  });

  it("loses what is deleted: a server is no target any more, a network no longer attached", async () => {
    const network = await cloud.network();
    const server = await cloud.server("web", { networks: [network.id] });
    const row = await create({ network: network.id, targets: [serverTarget(server, true)] });
    const { action } = await cloud.ok("DELETE", `/servers/${server.id}`);
    await cloud.succeeds(action);
    assert.deepEqual((await read(row)).targets, []);
    assert.equal((await cloud.call("DELETE", `/networks/${network.id}`)).status, 204);
    assert.deepEqual((await read(row)).private_net, []);
  });

  it("keeps the address of a public target from being unassigned", async () => {
    const { primary_ip } = await cloud.ok("POST", "/primary_ips", {
      name: "ip",
      type: "ipv4",
      location: "fsn1",
      assignee_type: "server",
    });
    const server = await cloud.server("web", { public_net: { ipv4: primary_ip.id } });
    const row = await create({ targets: [serverTarget(server)] });
    await cloud.act(`/servers/${server.id}/actions/poweroff`);
    const path = `/primary_ips/${primary_ip.id}/actions/unassign`;
    await cloud.fails("server_is_load_balancer_target", "POST", path);
    await act(row, "remove_target", serverTarget(server));
    await cloud.act(path);
  });
});
