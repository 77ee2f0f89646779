import assert from "node:assert/strict";
import { makePems } from "../certificates/pems";
import { type Json, TestCloud } from "../testCloud";

const TCP = { protocol: "tcp", listen_port: 5432, destination_port: 5432 };
const httpCheck = { domain: null, path: "/", response: "", status_codes: ["2??", "3??"], tls: false };
const HTTP = {
  cookie_name: "HCLBSTICKY",
  cookie_lifetime: 300,
  timeout_idle: 50,
  sticky_sessions: false,
  certificates: [],
  redirect_http: false,
};

describe("local cloud API: load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start({ dedicatedServerIps: ["192.0.2.7", "2001:db8:77::1"] });
  });
  afterEach(() => cloud.stop());

  const create = async (more: object = {}): Promise<Json> => {
    const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1", ...more };
    const { load_balancer, action } = await cloud.ok("POST", "/load_balancers", body);
    await cloud.succeeds(action);
    return (await cloud.get(`/load_balancers/${load_balancer.id}`)).load_balancer;
  };
  const read = async ({ id }: Json): Promise<Json> =>
    (await cloud.get(`/load_balancers/${id}`)).load_balancer;
  const act = (row: Json, name: string, body?: object) =>
    cloud.act(`/load_balancers/${row.id}/actions/${name}`, body);
  const refuse = (code: string, row: Json, name: string, body?: object) =>
    cloud.fails(code, "POST", `/load_balancers/${row.id}/actions/${name}`, body);
  const spec = () => cloud.host.world?.loadBalancers[0];
  const serverTarget = ({ id }: Json, usePrivateIp = false) => ({
    type: "server",
    server: { id },
    use_private_ip: usePrivateIp,
  });
  const certificate = async (name: string): Promise<number> => {
    const pems = await makePems(`${name}.example`);
    const body = { name, certificate: pems.certificate, private_key: pems.key };
    return (await cloud.ok("POST", "/certificates", body)).certificate.id;
  };

  it("serves the types with their limits", async () => {
    const { load_balancer_types: types } = await cloud.get("/load_balancer_types");
    assert.deepEqual(
      types.map((type: Json) => [type.name, type.max_services, type.max_targets, type.max_connections]),
      [
        ["lb11", 5, 25, 10_000],
        ["lb21", 15, 75, 20_000],
        ["lb31", 30, 150, 40_000],
      ],
    );
    assert.equal((await cloud.get("/load_balancer_types/1")).load_balancer_type.name, "lb11");
    assert.equal((await cloud.get("/load_balancer_types?name=lb21")).load_balancer_types.length, 1);
  });

  it("creates one with public addresses of its own, and everything else at its default", async () => {
    await cloud.server("a");
    const row = await create({ labels: { a: "b" } });
    assert.deepEqual(row.public_net, {
      enabled: true,
      ipv4: { ip: "198.51.100.3", dns_ptr: "static.3.100.51.198.clients.your-server.de" },
      ipv6: { ip: "2001:db8:1:2::1", dns_ptr: null },
    });
    assert.deepEqual(
      [row.private_net, row.services, row.targets, row.algorithm, row.labels, row.protection],
      [[], [], [], { type: "round_robin" }, { a: "b" }, { delete: false }],
    );
    assert.equal(row.location.name, "fsn1");
    assert.equal(row.load_balancer_type.name, "lb11");
    assert.deepEqual([row.outgoing_traffic, row.ingoing_traffic], [0, 0]);
    const { actions } = await cloud.get(`/load_balancers/${row.id}/actions`);
    assert.deepEqual(actions[0].resources, [{ id: row.id, type: "load_balancer" }]);
    assert.equal(actions[0].command, "create_load_balancer");
    const next = await cloud.server("b");
    assert.equal(next.public_net.ipv4.ip, "198.51.100.4");
    assert.equal(spec()?.publicIpv6, "2001:db8:1:2::/64");
  });

  it("creates one in a zone with services, targets and a private network", async () => {
    const network = await cloud.network();
    const server = await cloud.server("web", { networks: [network.id], labels: { role: "web" } });
    const row = await create({
      location: undefined,
      network_zone: "eu-central",
      load_balancer_type: 2,
      algorithm: { type: "least_connections" },
      network: network.id,
      public_interface: false,
      services: [{ protocol: "http" }, TCP],
      targets: [
        serverTarget(server, true),
        { type: "label_selector", label_selector: { selector: "role=web" }, use_private_ip: true },
      ],
    });
    assert.deepEqual(row.private_net, [{ network: network.id, ip: "10.0.1.2" }]);
    assert.equal(row.public_net.enabled, false);
    assert.equal(row.location.network_zone, "eu-central");
    const unknown = [
      { listen_port: 80, status: "unknown" },
      { listen_port: 5432, status: "unknown" },
    ];
    const target = {
      type: "server",
      server: { id: server.id },
      health_status: unknown,
      use_private_ip: true,
    };
    assert.deepEqual(row.targets, [
      target,
      {
        type: "label_selector",
        label_selector: { selector: "role=web" },
        targets: [target],
        use_private_ip: true,
      },
    ]);
    assert.deepEqual(
      [spec()?.publicIpv4, spec()?.targets, spec()?.algorithm, spec()?.maxConnections],
      [null, ["10.0.1.1"], "least_connections", 20_000],
    );
  });

  it("fills in what a service leaves out (HC-D9)", async () => {
    const row = await create({ services: [{ protocol: "http" }, TCP] });
    const check = { interval: 15, timeout: 10, retries: 3 };
    assert.deepEqual(row.services, [
      {
        protocol: "http",
        listen_port: 80,
        destination_port: 80,
        proxyprotocol: false,
        health_check: { protocol: "http", port: 80, ...check, http: httpCheck },
        http: HTTP,
      },
      { ...TCP, proxyprotocol: false, health_check: { protocol: "tcp", port: 5432, ...check } },
    ]);
    await act(row, "add_service", { protocol: "https" });
    const [, , https] = (await read(row)).services;
    assert.deepEqual([https.listen_port, https.destination_port, https.http], [443, 80, HTTP]);
    assert.equal(https.health_check.protocol, "tcp", "TLS that is passed through answers no plain HTTP");
    const error = await refuse("invalid_input", row, "add_service", { protocol: "tcp" });
    assert.equal(error.details.fields[0].name, "listen_port");
  });

  it("keeps what an update of a service does not name", async () => {
    const id = await certificate("site");
    const http = { certificates: [id], redirect_http: true, cookie_name: "MINE", sticky_sessions: true };
    const row = await create({ services: [{ protocol: "https", http }] });
    await act(row, "update_service", {
      listen_port: 443,
      destination_port: 8080,
      http: { timeout_idle: 60 },
      health_check: { interval: 30, http: { path: "/health", domain: "example.com", status_codes: ["200"] } },
    });
    const [service] = (await read(row)).services;
    assert.deepEqual(service, {
      protocol: "https",
      listen_port: 443,
      destination_port: 8080,
      proxyprotocol: false,
      health_check: {
        protocol: "http",
        port: 80,
        interval: 30,
        timeout: 10,
        retries: 3,
        http: { ...httpCheck, path: "/health", domain: "example.com", status_codes: ["200"] },
      },
      http: { ...HTTP, ...http, timeout_idle: 60 },
    });
    await act(row, "update_service", {
      listen_port: 443,
      protocol: "tcp",
      health_check: { protocol: "tcp" },
    });
    const [tcp] = (await read(row)).services;
    assert.ok(!("http" in tcp) && !("http" in tcp.health_check));
    await refuse("not_found", row, "update_service", { listen_port: 81 });
    await refuse("not_found", row, "delete_service", { listen_port: 81 });
    await act(row, "delete_service", { listen_port: 443 });
    assert.deepEqual((await read(row)).services, []);
  });

  it("gives each source port to one service, that of a redirect included", async () => {
    const id = await certificate("site");
    const row = await create({ services: [{ protocol: "http" }] });
    const again = await refuse("source_port_already_used", row, "add_service", { protocol: "http" });
    assert.equal(again.status, 412);
    const https = { protocol: "https", http: { certificates: [id], redirect_http: true } };
    assert.equal((await refuse("source_port_already_used", row, "add_service", https)).status, 412);
    await act(row, "add_service", { protocol: "https", http: { certificates: [id] } });
    const update = { listen_port: 443, http: { redirect_http: true } };
    assert.equal((await refuse("source_port_already_used", row, "update_service", update)).status, 422);
    const body = { name: "two", load_balancer_type: "lb11", location: "fsn1", services: [TCP, TCP] };
    assert.equal(
      (await cloud.fails("source_port_already_used", "POST", "/load_balancers", body)).status,
      412,
    );
  });

  it("takes services that are added at once, and knows the ports of those that are still being added", async () => {
    const row = await create();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    cloud.host.gate = () => held;
    const add = (body: object) => cloud.ok("POST", `/load_balancers/${row.id}/actions/add_service`, body);
    const { action: http } = await add({ protocol: "http" });
    const { action: tcp } = await add(TCP);
    await refuse("source_port_already_used", row, "add_service", { protocol: "http" });
    assert.deepEqual((await read(row)).services, [], "state changes when the action ends");
    release();
    await cloud.succeeds(http);
    await cloud.succeeds(tcp);
    assert.equal((await read(row)).services.length, 2);
  });

  it("is locked while it is created", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    cloud.host.gate = () => held;
    const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1" };
    const { load_balancer: row, action } = await cloud.ok("POST", "/load_balancers", body);
    await refuse("locked", row, "add_service", { protocol: "http" });
    await refuse("locked", row, "enable_public_interface");
    await cloud.fails("locked", "DELETE", `/load_balancers/${row.id}`);
    release();
    await cloud.succeeds(action);
  });

  const badServices: [string, object, string][] = [
    ["a protocol that does not exist", { protocol: "udp", listen_port: 1 }, "protocol"],
    ["port 0", { ...TCP, listen_port: 0 }, "listen_port"],
    ["port 65536", { ...TCP, destination_port: 65_536 }, "destination_port"],
    ["checks that are too frequent", { ...TCP, health_check: { interval: 2 } }, "health_check.interval"],
    ["a timeout of 61 s", { ...TCP, health_check: { timeout: 61 } }, "health_check.timeout"],
    ["six retries", { ...TCP, health_check: { retries: 6 } }, "health_check.retries"],
    [
      "a status that no pattern can be",
      { protocol: "http", health_check: { http: { status_codes: ["2xx"] } } },
      "health_check.http.status_codes.0",
    ],
    [
      "a path with a line break",
      { protocol: "http", health_check: { http: { path: "/\nbackend evil" } } },
      "health_check.http.path",
    ],
    [
      "a domain with a format",
      { protocol: "http", health_check: { http: { domain: "%[env(PATH)]" } } },
      "health_check.http.domain",
    ],
    ["a short cookie lifetime", { protocol: "http", http: { cookie_lifetime: 29 } }, "http.cookie_lifetime"],
    ["a cookie name with a space", { protocol: "http", http: { cookie_name: "a b" } }, "http.cookie_name"],
    ["certificates for http", { protocol: "http", http: { certificates: [1] } }, "http.certificates"],
    ["a redirect for http", { protocol: "http", http: { redirect_http: true } }, "http.redirect_http"],
  ];
  for (const [what, service, field] of badServices) {
    it(`refuses ${what}`, async () => {
      const row = await create();
      const error = await refuse("invalid_input", row, "add_service", service);
      assert.equal(error.details.fields[0].name, field);
      assert.deepEqual((await read(row)).services, []);
    });
  }

  it("needs certificates that exist and were issued", async () => {
    const row = await create();
    const https = (id: number) => ({ protocol: "https", http: { certificates: [id] } });
    await refuse("not_found", row, "add_service", https(99));
    cloud.host.failure = ({ method }) => (method === "issueCertificate" ? "no" : null);
    const managed = { name: "m", type: "managed", domain_names: ["a.example"] };
    const { certificate: pending } = await cloud.ok("POST", "/certificates", managed);
    await cloud.api.runner.idle();
    await refuse("invalid_input", row, "add_service", https(pending.id));
  });

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

  it("keeps its type's limits", async () => {
    const row = await create();
    for (let port = 1; port <= 5; port++) {
      await act(row, "add_service", { protocol: "tcp", listen_port: port, destination_port: 1 });
    }
    const sixth = { protocol: "tcp", listen_port: 6, destination_port: 1 };
    const error = await refuse("resource_limit_exceeded", row, "add_service", sixth);
    assert.deepEqual(error.details.limits, [{ name: "load_balancer_services_limit" }]);
    await act(row, "change_type", { load_balancer_type: "lb21" });
    await act(row, "add_service", sixth);
    assert.equal(
      (await refuse("invalid_load_balancer_type", row, "change_type", { load_balancer_type: "lb11" })).status,
      422,
    );
    await act(row, "change_type", { load_balancer_type: "lb21" });
    await refuse("invalid_input", row, "change_type", { load_balancer_type: "lb99" });
    const targets = Array.from({ length: 26 }, (_, index) => ({
      type: "label_selector",
      label_selector: { selector: `n=${index}` },
    }));
    const body = { name: "many", load_balancer_type: "lb11", location: "fsn1", targets };
    await cloud.fails("resource_limit_exceeded", "POST", "/load_balancers", body);
  });

  it("changes its algorithm, and refuses an unknown one in Hetzner's words", async () => {
    const row = await create();
    await act(row, "change_algorithm", { type: "least_connections" });
    assert.deepEqual((await read(row)).algorithm, { type: "least_connections" });
    const error = await refuse("invalid_input", row, "change_algorithm", { type: "random" });
    assert.equal(error.message, "invalid input in field 'type'");
  });

  it("is in one network at most, with an address that nobody else gets", async () => {
    const network = await cloud.network();
    const row = await create();
    const outside = { network: network.id, ip: "10.0.9.9" };
    await refuse("ip_not_available", row, "attach_to_network", outside);
    await act(row, "attach_to_network", { network: network.id, ip: "10.0.1.5", ip_range: "10.0.1.0/24" });
    assert.deepEqual((await read(row)).private_net, [{ network: network.id, ip: "10.0.1.5" }]);
    assert.deepEqual((await cloud.get(`/networks/${network.id}`)).network.load_balancers, [row.id]);
    const server = await cloud.server("web");
    const taken = { network: network.id, ip: "10.0.1.5" };
    await cloud.fails("ip_not_available", "POST", `/servers/${server.id}/actions/attach_to_network`, taken);
    const { network: other } = await cloud.ok("POST", "/networks", {
      name: "other",
      ip_range: "10.9.0.0/16",
      subnets: [{ type: "cloud", network_zone: "us-east", ip_range: "10.9.1.0/24" }],
    });
    await refuse("load_balancer_already_attached", row, "attach_to_network", { network: other.id });
    const used = await cloud.fails("service_error", "POST", `/networks/${network.id}/actions/delete_subnet`, {
      ip_range: "10.0.1.0/24",
    });
    assert.match(used.message, /network has attached resources/);
    await act(row, "detach_from_network", { network: network.id });
    await refuse("not_found", row, "detach_from_network", { network: network.id });
    await refuse("no_subnet_available", row, "attach_to_network", { network: other.id });
  });

  it("turns its public interface off only when nothing needs it", async () => {
    const network = await cloud.network();
    const server = await cloud.server("web", { networks: [network.id] });
    const row = await create({ targets: [serverTarget(server)] });
    await refuse("load_balancer_not_attached_to_network", row, "disable_public_interface");
    await act(row, "attach_to_network", { network: network.id });
    await refuse("targets_without_use_private_ip", row, "disable_public_interface");
    await act(row, "remove_target", serverTarget(server));
    await act(row, "disable_public_interface");
    const off = await read(row);
    assert.equal(off.public_net.enabled, false);
    assert.equal(off.public_net.ipv4.ip, row.public_net.ipv4.ip, "the address is kept");
    assert.equal(spec()?.publicIpv4, null);
    const error = await refuse(
      "load_balancer_public_interface_disabled",
      row,
      "add_target",
      serverTarget(server),
    );
    assert.equal(
      error.message,
      "load balancer public interface is disabled, cannot add target using public IP",
    );
    await act(row, "enable_public_interface");
    await act(row, "enable_public_interface");
    assert.equal((await read(row)).public_net.enabled, true);
  });

  it("names its addresses in reverse DNS", async () => {
    const row = await create();
    const { ipv4, ipv6 } = row.public_net;
    await act(row, "change_dns_ptr", { ip: ipv4.ip, dns_ptr: "lb.example.com" });
    await act(row, "change_dns_ptr", { ip: ipv6.ip, dns_ptr: "lb6.example.com" });
    const named = (await read(row)).public_net;
    assert.deepEqual([named.ipv4.dns_ptr, named.ipv6.dns_ptr], ["lb.example.com", "lb6.example.com"]);
    await act(row, "change_dns_ptr", { ip: ipv4.ip, dns_ptr: null });
    await act(row, "change_dns_ptr", { ip: ipv6.ip, dns_ptr: null });
    assert.deepEqual((await read(row)).public_net, row.public_net);
    await refuse("invalid_input", row, "change_dns_ptr", { ip: "192.0.2.1", dns_ptr: "a.example" });
  });

  it("is protected, renamed, relabelled and deleted", async () => {
    const row = await create();
    await act(row, "change_protection", { delete: true });
    await cloud.fails("protected", "DELETE", `/load_balancers/${row.id}`);
    await act(row, "change_protection", { delete: false });
    const body = { name: "new", labels: { a: "b" } };
    const { load_balancer } = await cloud.ok("PUT", `/load_balancers/${row.id}`, body);
    assert.deepEqual([load_balancer.name, load_balancer.labels], ["new", { a: "b" }]);
    await create({ name: "other" });
    await cloud.fails("uniqueness_error", "PUT", `/load_balancers/${row.id}`, { name: "other" });
    assert.equal((await cloud.get("/load_balancers?name=new")).load_balancers.length, 1);
    assert.equal((await cloud.get("/load_balancers?label_selector=a%3Db")).load_balancers.length, 1);
    const deleted = await cloud.call("DELETE", `/load_balancers/${row.id}`);
    assert.equal(deleted.status, 201);
    await cloud.succeeds(deleted.body.action);
    await cloud.fails("not_found", "GET", `/load_balancers/${row.id}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(cloud.host.world?.loadBalancers.length, 1);
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

  const badRequests: [string, object, string][] = [
    ["no place", { location: undefined }, "location"],
    ["two places", { network_zone: "eu-central" }, "network_zone"],
    ["an unknown zone", { location: undefined, network_zone: "moon" }, "network_zone"],
    ["an unknown type", { load_balancer_type: "lb1" }, "load_balancer_type"],
    ["an empty name", { name: "" }, "name"],
    ["an unknown algorithm", { algorithm: { type: "random" } }, "algorithm.type"],
    ["a wrong service", { services: [TCP, { protocol: "tcp" }] }, "services.1.listen_port"],
    ["a wrong target", { targets: [{ type: "server" }] }, "targets.0.server"],
  ];
  for (const [what, change, field] of badRequests) {
    it(`is not created with ${what}`, async () => {
      const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1", ...change };
      const error = await cloud.fails("invalid_input", "POST", "/load_balancers", body);
      assert.equal(error.details.fields[0].name, field);
      assert.deepEqual((await cloud.get("/load_balancers")).load_balancers, []);
    });
  }

  it("answers metrics and traffic from what was measured", async () => {
    const row = await create();
    const start = Math.floor(Date.now() / 1000) - 100;
    const sample = (at: number, count: number, open: number) => ({
      at: start + at,
      openConnections: open,
      connections: count,
      requests: 2 * count,
      bytesIn: 100 * count,
      bytesOut: 1000 * count,
    });
    cloud.host.samples.set(row.id, [sample(0, 0, 0), sample(10, 50, 3), sample(20, 60, 1)]);
    const iso = (at: number) => new Date((start + at) * 1000).toISOString();
    const query = `start=${iso(0)}&end=${iso(20)}&step=10`;
    const types = "type=open_connections,requests_per_second&type=bandwidth";
    const { metrics } = await cloud.get(`/load_balancers/${row.id}/metrics?${types}&${query}`);
    assert.deepEqual(metrics, {
      start: iso(0),
      end: iso(20),
      step: 10,
      time_series: {
        open_connections: {
          values: [
            [start, "0"],
            [start + 10, "3"],
            [start + 20, "1"],
          ],
        },
        requests_per_second: {
          values: [
            [start + 10, "10"],
            [start + 20, "2"],
          ],
        },
        "bandwidth.in": {
          values: [
            [start + 10, "500"],
            [start + 20, "100"],
          ],
        },
        "bandwidth.out": {
          values: [
            [start + 10, "5000"],
            [start + 20, "1000"],
          ],
        },
      },
    });
    const { ingoing_traffic, outgoing_traffic } = await read(row);
    assert.deepEqual([ingoing_traffic, outgoing_traffic], [6000, 60_000]);
    for (const wrong of [`type=cpu&${query}`, query, "type=bandwidth", `type=bandwidth&${query}&step=0`]) {
      await cloud.fails("invalid_input", "GET", `/load_balancers/${row.id}/metrics?${wrong}`);
    }
  });

  it("fails its creation, with the reason, when the machine room cannot serve it", async () => {
    cloud.host.failure = ({ method }) => (method === "requireLoadBalancer" ? "no proxy" : null);
    const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1" };
    const { action } = await cloud.ok("POST", "/load_balancers", body);
    const ended = await cloud.ended(action);
    assert.deepEqual([ended.status, ended.error.message], ["error", "no proxy"]);
  });

  it("belongs to one project", async () => {
    const row = await create();
    const token = { token: "b".repeat(64) };
    await cloud.fails("not_found", "GET", `/load_balancers/${row.id}`, undefined, token);
    assert.deepEqual((await cloud.ok("GET", "/load_balancers", undefined, token)).load_balancers, []);
  });
});
