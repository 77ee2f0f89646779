import assert from "node:assert/strict";
import { type Json, TestCloud } from "./testCloud";

/** Nothing that is asked of the host ever ends. */
const never = () => new Promise<void>(() => undefined);
const pass = async () => undefined;

describe("local cloud API: a restart", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const path = (server: Json) => `/servers/${server.id}`;

  for (const method of ["createServer", "reconcileNetwork", "start"] as const) {
    it(`in the middle of a server's ${method} goes on and ends with a running server`, async () => {
      const network = await cloud.network();
      await cloud.api.runner.idle();
      cloud.host.gate = (call) => (call.method === method ? never() : pass());
      const body = { name: "a", server_type: "cx23", image: "debian-13", networks: [network.id] };
      const { server, action, next_actions } = await cloud.ok("POST", "/servers", body);
      await new Promise((resolve) => setTimeout(resolve, 20));
      cloud.host.gate = pass;
      await cloud.restart();
      for (const begun of [action, ...next_actions]) await cloud.succeeds(begun);
      const shown = (await cloud.get(path(server))).server;
      assert.deepEqual([shown.status, shown.private_net[0].ip], ["running", "10.0.1.1"]);
      assert.equal(cloud.host.alive.size, 1);
      assert.equal((await cloud.get("/servers")).servers.length, 1);
    });
  }

  for (const method of ["powerOff", "removeServer", "detachVolume"] as const) {
    it(`in the middle of a deletion's ${method} ends with nothing left`, async () => {
      const server = await cloud.server("a");
      const { volume } = await cloud.ok("POST", "/volumes", { name: "v", size: 10, server: server.id });
      await cloud.api.runner.idle();
      cloud.host.gate = (call) => (call.method === method ? never() : pass());
      const { action } = await cloud.ok("DELETE", path(server));
      await new Promise((resolve) => setTimeout(resolve, 20));
      cloud.host.gate = pass;
      await cloud.restart();
      await cloud.succeeds(action);
      assert.equal(cloud.host.machines.size, 0);
      assert.equal(cloud.host.count("start"), 1, "a server that is being deleted is not booted again");
      assert.equal((await cloud.get(`/volumes/${volume.id}`)).volume.server, null);
      assert.deepEqual((await cloud.get("/primary_ips")).primary_ips, []);
    });
  }

  it("boots the machines that should run and leaves the others", async () => {
    const on = await cloud.server("on");
    const off = await cloud.server("off");
    await cloud.act(`${path(off)}/actions/poweroff`);
    cloud.host.alive.clear();
    await cloud.restart();
    await cloud.get("/servers");
    while (!cloud.host.alive.has(on.id)) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([...cloud.host.alive.keys()], [on.id]);
  });

  it("leaves machines alone that still run", async () => {
    const server = await cloud.server("a");
    await cloud.restart();
    await cloud.act(`${path(server)}/actions/reboot`);
    assert.equal(cloud.host.count("start"), 1);
    assert.equal((await cloud.get(path(server))).server.status, "running");
  });

  it("keeps every resource, its id and its addresses", async () => {
    const network = await cloud.network();
    const server = await cloud.server("a", { networks: [network.id], labels: { a: "b" } });
    const { floating_ip } = await cloud.ok("POST", "/floating_ips", { type: "ipv6", home_location: "fsn1" });
    const all = async () => [
      await cloud.get("/servers"),
      await cloud.get("/networks"),
      await cloud.get("/floating_ips"),
      await cloud.get("/primary_ips"),
      await cloud.get("/servers/actions"),
    ];
    const before = await all();
    await cloud.restart();
    assert.deepEqual(await all(), before);
    const { floating_ip: next } = await cloud.ok("POST", "/floating_ips", {
      type: "ipv6",
      home_location: "fsn1",
    });
    assert.ok(next.id > Math.max(floating_ip.id, server.id, network.id), "an id is never used twice");
  });

  it("tells in the action why the host failed, and the server can still be deleted", async () => {
    cloud.host.failure = ({ method }) => (method === "createServer" ? "no space left on device" : null);
    const body = { name: "a", server_type: "cx23", image: "debian-13" };
    const { server, action, next_actions } = await cloud.ok("POST", "/servers", body);
    const ended = await cloud.ended(action);
    assert.deepEqual(ended.error, { code: "action_failed", message: "no space left on device" });
    assert.equal(ended.status, "error");
    assert.equal((await cloud.ended(next_actions[0])).status, "error");
    assert.equal((await cloud.get(path(server))).server.status, "off");
    cloud.host.failure = () => null;
    const { action: deletion } = await cloud.ok("DELETE", path(server));
    await cloud.succeeds(deletion);
  });

  it("puts the network back when a change of it failed", async () => {
    const [a, b] = [await cloud.server("a"), await cloud.server("b")];
    const { floating_ip, action } = await cloud.ok("POST", "/floating_ips", { type: "ipv4", server: a.id });
    await cloud.succeeds(action);
    let failures = 1;
    cloud.host.failure = ({ method }) =>
      method === "reconcileNetwork" && failures-- > 0 ? "nft failed" : null;
    const moved = (await cloud.ok("POST", `/floating_ips/${floating_ip.id}/actions/assign`, { server: b.id }))
      .action;
    assert.equal((await cloud.ended(moved)).error.message, "nft failed");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(cloud.host.world?.floatingAddresses[0]?.serverId, a.id);
    assert.equal((await cloud.get(`/floating_ips/${floating_ip.id}`)).floating_ip.server, a.id);
  });

  it("takes at least Hetzner's time when told to", async () => {
    await cloud.stop();
    cloud = await TestCloud.start({ timeScale: 0.01 });
    const began = Date.now();
    await cloud.server("a");
    const took = Date.now() - began;
    assert.ok(took >= 135, `create (100 ms) and start (40 ms) took ${took} ms`);
  });
});
