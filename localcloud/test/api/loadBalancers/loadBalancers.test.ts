import assert from "node:assert/strict";
import { hold } from "../hold";
import { type Json, TestCloud } from "../testCloud";
import { balancersIn, serverTarget, TCP } from "./support/balancers";

describe("local cloud API: load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const { create, read, act, refuse, spec } = balancersIn(() => cloud);

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
    const target = { ...serverTarget(server, true), health_status: unknown };
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

  it("is locked while it is created", async () => {
    const release = hold(cloud);
    const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1" };
    const { load_balancer: row, action } = await cloud.ok("POST", "/load_balancers", body);
    await refuse("locked", row, "add_service", { protocol: "http" });
    await refuse("locked", row, "enable_public_interface");
    await cloud.fails("locked", "DELETE", `/load_balancers/${row.id}`);
    release();
    await cloud.succeeds(action);
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
