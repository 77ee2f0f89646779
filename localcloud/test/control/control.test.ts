import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import type { CloudState, FaultStatus } from "../../src/contract/control";
import { refuse } from "../../src/contract/errors";
import { createRecentRequests } from "../../src/control/requests";
import { createControl, type Faults } from "../../src/control/server";
import { TestCloud } from "../api/testCloud";
import { readEvents } from "./events";

const PORT = 18_999;

/** Faults of which only the list exists. */
function listedFaults(): Faults & { readonly active: FaultStatus[] } {
  const active: FaultStatus[] = [];
  return {
    active,
    list: () => [...active],
    async begin({ fault, seconds = 60 }) {
      if (fault.kind === "freeze" && fault.server === "nobody") {
        throw refuse("fault.server", "nobody", "there is no server", 404);
      }
      const began = new Date();
      const ends = new Date(began.getTime() + seconds * 1000).toISOString();
      const status = {
        id: active.length + 1,
        fault,
        summary: "s",
        began: began.toISOString(),
        ends,
        hits: 1,
      };
      active.push(status);
      return status;
    },
    async end(id) {
      const index = active.findIndex((fault) => fault.id === id);
      if (index >= 0) active.splice(index, 1);
      return index >= 0;
    },
  };
}

describe("control API", () => {
  let cloud: TestCloud;
  let app: FastifyInstance;
  const faults = listedFaults();
  const requests = createRecentRequests();

  before(async () => {
    cloud = await TestCloud.start({ onRequest: (line) => requests.add(line) });
    app = createControl({
      store: cloud.store,
      host: cloud.host,
      faults,
      requests,
      endpoint: "http://198.51.100.1:8080/v1",
      port: PORT,
      status: () => Promise.reject(new Error("no daemon here")),
      onProblem: (problem) => cloud.problems.push(problem),
    });
    await app.ready();
  });

  after(async () => {
    await app.close();
    await cloud.stop();
  });

  const ask = async (method: "GET" | "POST" | "DELETE", url: string, given: object = {}) => {
    const { headers, ...rest } = given as { headers?: Record<string, string> };
    return app.inject({ method, url, headers: { host: `127.0.0.1:${PORT}`, ...headers }, ...rest });
  };
  const post = (payload: object, headers = {}) => ask("POST", "/faults", { payload, headers });

  it("shows what exists, with names of projects and the actions that run", async () => {
    const network = await cloud.network();
    const { placement_group: group } = await cloud.ok("POST", "/placement_groups", {
      name: "apart",
      type: "spread",
    });
    const server = await cloud.server("web1", { networks: [network.id], placement_group: group.id });
    const { volume } = await cloud.ok("POST", "/volumes", { name: "data", size: 10, server: server.id });
    await cloud.api.runner.idle();
    let open = () => {};
    cloud.host.gate = () => new Promise((resolve) => (open = resolve));
    const { action } = await cloud.ok("POST", `/servers/${server.id}/actions/poweroff`);

    const state = (await ask("GET", "/state")).json<CloudState>();
    assert.deepEqual(state.networks, [
      { id: network.id, name: "private", project: "one", ipRange: "10.0.0.0/16" },
    ]);
    assert.deepEqual(state.servers, [
      {
        id: server.id,
        name: "web1",
        project: "one",
        status: "stopping",
        serverType: "cx23",
        location: "fsn1",
        publicIpv4: server.public_net.ipv4.ip,
        publicIpv6: server.public_net.ipv6.ip,
        privateNets: [{ networkId: network.id, ip: server.private_net[0].ip, aliasIps: [] }],
        placementGroup: "apart",
      },
    ]);
    assert.deepEqual(state.volumes, [
      { id: volume.id, name: "data", project: "one", status: "available", sizeGb: 10, serverId: server.id },
    ]);
    assert.deepEqual(
      state.primaryIps.map(({ serverId }) => serverId),
      [server.id, server.id],
    );
    assert.deepEqual(
      state.actions.map(({ id, command, resources }) => ({ id, command, resources })),
      [{ id: action.id, command: "stop_server", resources: [{ id: server.id, type: "server" }] }],
    );
    cloud.host.gate = async () => undefined;
    open();
    await cloud.api.runner.idle();
    const later = (await ask("GET", "/state")).json<CloudState>();
    assert.equal(later.servers[0]?.status, "off");
    assert.deepEqual(later.actions, []);
  });

  it("shows load balancers with the health of their targets, zones and storage boxes", async () => {
    const server = await cloud.server("web2");
    const service = { protocol: "tcp", listen_port: 80, destination_port: 80 };
    const { load_balancer, action } = await cloud.ok("POST", "/load_balancers", {
      name: "edge",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [service],
      targets: [{ type: "server", server: { id: server.id } }],
    });
    await cloud.succeeds(action);
    const { zone } = await cloud.ok("POST", "/zones", { name: "example.test", mode: "primary" });
    await cloud.api.runner.idle();
    const checked = `${load_balancer.id}/80/${server.public_net.ipv4.ip}`;
    cloud.host.health.set(checked, "healthy");
    const state = (await ask("GET", "/state")).json<CloudState>();
    const target = { serverId: server.id, address: server.public_net.ipv4.ip, health: "healthy" };
    assert.deepEqual(state.loadBalancers, [
      {
        id: load_balancer.id,
        name: "edge",
        project: "one",
        status: "active",
        publicIpv4: load_balancer.public_net.ipv4.ip,
        privateNets: [],
        targets: [target],
      },
    ]);
    assert.deepEqual(state.zones, [{ id: zone.id, name: "example.test", project: "one", status: "ok" }]);
    cloud.host.health.set(checked, "unhealthy");
    const [later] = (await ask("GET", "/state")).json<CloudState>().loadBalancers;
    assert.deepEqual(later?.targets, [{ ...target, health: "unhealthy" }]);
  });

  it("keeps the last 500 requests and answers those that came after a number", async () => {
    for (let index = 0; index < 501; index++) await cloud.get("/locations");
    const all = (await ask("GET", "/requests")).json().requests;
    assert.equal(all.length, 500);
    const last = all.at(-1);
    assert.equal(last.path, "/v1/locations");
    assert.equal(last.number - all[0].number, 499);
    const after = (await ask("GET", `/requests?after=${last.number - 2}`)).json().requests;
    assert.deepEqual(after, all.slice(-2));
    assert.equal((await ask("GET", "/requests?after=x")).statusCode, 422);
  });

  it("begins, lists and ends faults", async () => {
    const begun = await post({ fault: { kind: "freeze", server: "web1" }, seconds: 30 });
    assert.equal(begun.statusCode, 201);
    const { fault } = begun.json();
    assert.equal(Date.parse(fault.ends) - Date.parse(fault.began), 30_000);
    assert.deepEqual((await ask("GET", "/faults")).json(), { faults: [fault] });
    assert.deepEqual((await ask("GET", "/state")).json().faults, [fault]);
    assert.equal((await ask("DELETE", `/faults/${fault.id}`)).statusCode, 204);
    assert.equal((await ask("DELETE", `/faults/${fault.id}`)).statusCode, 404);
    await post({ fault: { kind: "freeze", server: "web1" } });
    assert.equal((await ask("DELETE", "/faults")).statusCode, 204);
    assert.deepEqual(faults.active, []);
  });

  const network = {
    kind: "network",
    server: "web1",
    side: "public",
    lossPercent: 5,
    delayMs: 0,
    jitterMs: 0,
  };
  const bad: readonly [string, object, string][] = [
    ["no fault at all", {}, "fault"],
    ["an unknown kind", { fault: { kind: "earthquake" } }, "fault.kind"],
    ["an unknown field", { fault: { kind: "freeze", server: "web1", how: "hard" } }, "fault"],
    ["an effect that does not exist", { fault: { kind: "api", effect: "slow" } }, "fault.effect"],
    ["a day and a second", { fault: { kind: "freeze", server: "web1" }, seconds: 86_401 }, "seconds"],
    ["no time", { fault: { kind: "freeze", server: "web1" }, seconds: 0 }, "seconds"],
    ["no server", { fault: { kind: "freeze", server: "" } }, "fault.server"],
    ["a share above 1", { fault: { kind: "api", effect: "timeout", share: 2 } }, "fault.share"],
    ["latency without a delay", { fault: { kind: "api", effect: "latency" } }, "fault.delayMs"],
    ["sold-out without a type", { fault: { kind: "api", effect: "sold-out" } }, "fault.serverType"],
    [
      "a path for an action",
      { fault: { kind: "api", effect: "stuck-action", pattern: "POST /servers" } },
      "fault.pattern",
    ],
    [
      "an action for a request",
      { fault: { kind: "api", effect: "timeout", pattern: "create_server" } },
      "fault.pattern",
    ],
    [
      "a pattern that is none",
      { fault: { kind: "api", effect: "timeout", pattern: "^(a+)+$" } },
      "fault.pattern",
    ],
    ["a relative path", { fault: { kind: "full-disk", server: "web1", path: "data" } }, "fault.path"],
    [
      "a partition from nowhere",
      { fault: { kind: "partition", server: "web1", from: "moon" } },
      "fault.from",
    ],
    ["a loss above 100 %", { fault: { ...network, lossPercent: 101 } }, "fault.lossPercent"],
    ["a network fault that does nothing", { fault: { ...network, lossPercent: 0 } }, "fault.lossPercent"],
    ["more jitter than delay", { fault: { ...network, jitterMs: 10 } }, "fault.jitterMs"],
    ["a host below 1", { fault: { kind: "host-failure", host: 0 } }, "fault.host"],
  ];
  for (const [what, body, path] of bad) {
    it(`refuses ${what} and names ${path}`, async () => {
      const answer = await post(body);
      assert.equal(answer.statusCode, 422, answer.body);
      const { problems } = answer.json().error;
      assert.deepEqual(
        problems.map((problem: { path: string }) => problem.path),
        [path],
      );
      assert.ok(problems[0].remedy.length > 3);
      assert.deepEqual(faults.active, []);
    });
  }

  it("answers what a fault refuses with its field, value and remedy", async () => {
    const answer = await post({ fault: { kind: "freeze", server: "nobody" } });
    assert.equal(answer.statusCode, 404);
    assert.deepEqual(answer.json().error.problems, [
      { path: "fault.server", value: "nobody", remedy: "there is no server" },
    ]);
  });

  it("does not let a web page break things", async () => {
    const fault = { fault: { kind: "freeze", server: "web1" } };
    const refused: readonly [number, Awaited<ReturnType<typeof ask>>][] = [
      [403, await post(fault, { host: `evil.example:${PORT}` })],
      [403, await ask("GET", "/state", { headers: { host: `rebound.example:${PORT}` } })],
      [403, await post(fault, { host: "127.0.0.1:1" })],
      [403, await post(fault, { origin: "https://evil.example" })],
      [403, await post(fault, { origin: "null" })],
      [403, await ask("GET", "/state", { headers: { origin: "https://evil.example" } })],
      [403, await ask("DELETE", "/faults", { headers: { origin: "http://127.0.0.1:1" } })],
      [415, await post(fault, { "content-type": "text/plain" })],
      [415, await post(fault, { "content-type": "application/x-www-form-urlencoded" })],
      [415, await ask("POST", "/faults")],
    ];
    for (const [status, answer] of refused) {
      assert.equal(answer.statusCode, status, answer.body);
      assert.equal(answer.json().error.problems.length, 1);
    }
    assert.deepEqual(faults.active, []);
    const own = await post(fault, { origin: `http://localhost:${PORT}`, host: `localhost:${PORT}` });
    assert.equal(own.statusCode, 201);
    await ask("DELETE", "/faults");
  });

  it("serves files by name only", async () => {
    for (const path of [
      "/../server.ts",
      "/..%2fcontrol%2fserver.ts",
      "/main.js/../../cli.ts",
      "/index.html",
      "/tsconfig.json",
    ]) {
      assert.equal((await ask("GET", path)).statusCode, 404, path);
    }
    const page = await ask("GET", "/");
    assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'; script-src 'self'/);
    const script = /<script type="module" src="([^"]+)">/.exec(page.body)?.[1];
    const answer = await ask("GET", `/${script}`);
    assert.equal(answer.statusCode, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/javascript/);
  });

  it("tells of changes and requests as they come, and of nothing else", async () => {
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    const port = Number(new URL(address).port);
    const stream = await readEvents(port, `127.0.0.1:${PORT}`);
    const first = await stream.next("state");
    assert.deepEqual((first as CloudState).faults, []);
    await cloud.get("/locations");
    assert.equal(((await stream.next("request")) as { path: string }).path, "/v1/locations");
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.equal(stream.count("state"), 1, "nothing changed, so nothing was sent");
    await post({ fault: { kind: "freeze", server: "web1" } });
    assert.equal(((await stream.next("state")) as CloudState).faults.length, 1);
    stream.close();
  });
});
