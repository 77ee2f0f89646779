import assert from "node:assert/strict";
import type { CloudState } from "../../src/contract/control";
import { hold } from "../api/hold";
import { readEvents } from "./events";
import { type ControlApi, PORT, startControlApi } from "./support/controlApi";

describe("control API", () => {
  let control: ControlApi;
  let cloud: ControlApi["cloud"];
  let ask: ControlApi["ask"];
  let post: ControlApi["post"];
  before(async () => {
    control = await startControlApi();
    ({ cloud, ask, post } = control);
  });
  after(() => control.stop());

  /** A server in a network and a group. */
  const serverWithVolume = async () => {
    const network = await cloud.network();
    const { placement_group: group } = await cloud.ok("POST", "/placement_groups", {
      name: "apart",
      type: "spread",
    });
    const server = await cloud.server("web1", { networks: [network.id], placement_group: group.id });
    const { volume } = await cloud.ok("POST", "/volumes", { name: "data", size: 10, server: server.id });
    await cloud.api.runner.idle();
    return { network, server, volume };
  };

  it("shows what exists, with names of projects and the actions that run", async () => {
    const { network, server, volume } = await serverWithVolume();
    const release = hold(cloud);
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
    release();
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
    const address = await control.app.listen({ host: "127.0.0.1", port: 0 });
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
