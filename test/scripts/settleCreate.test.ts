import assert from "node:assert/strict";
import type { CloudClient } from "../../scripts/cloudClient";
import { cloud, create, labels, settle } from "./support/lostCreate";

describe("settleCreate", () => {
  it("removes the server that a killed run had begun, and waits for it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7, labels }] },
      "DELETE /servers/7": { action: { id: 9 } },
    });
    assert.match(
      await settle(create("hcloud:index/server:Server", { name: "prod-app1", labels }), client),
      /removed prod-app1/,
    );
    assert.deepEqual(changes, ["DELETE /servers/7"]);
  });

  it("changes nothing when the request never arrived", async () => {
    const { client, changes } = cloud({ "GET /servers?name=prod-app1": { servers: [] } });
    assert.equal(
      await settle(create("hcloud:index/server:Server", { name: "prod-app1" }), client),
      "nothing was left behind",
    );
    assert.deepEqual(changes, []);
  });

  for (const [type, collection, host] of [
    ["volume:Volume", "volumes", ""],
    ["storageBox:StorageBox", "storage_boxes", "hetzner"],
    ["zone:Zone", "zones", ""],
    ["primaryIp:PrimaryIp", "primary_ips", ""],
  ] as const) {
    it(`takes a ${type.split(":")[1]} into the state, and deletes nothing that may hold data or serve`, async () => {
      const { client, changes } = cloud({
        [`GET ${host}/${collection}?name=data`]: { [collection]: [{ id: 8, labels, server: 7 }] },
      });
      const told = await settle(create(`hcloud:index/${type}`, { name: "data", labels }), client);
      assert.equal(told, "was there, and is in the state now");
      assert.deepEqual(changes, []);
    });
  }

  it("takes a new floating IP from the server that it was made for, and removes it", async () => {
    const { client, changes } = cloud({
      "GET /floating_ips?name=vip": { floating_ips: [{ id: 4, labels, server: 7 }] },
      "POST /floating_ips/4/actions/unassign": { action: { id: 1 } },
    });
    await settle(create("hcloud:index/floatingIp:FloatingIp", { name: "vip", labels, serverId: 7 }), client);
    assert.deepEqual(changes, ["POST /floating_ips/4/actions/unassign", "DELETE /floating_ips/4"]);
  });

  it("leaves a server alone that is older than the runs that failed, and names it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7, labels, created: "2026-11-29T11:00:00Z" }] },
    });
    const told = await settle(create("hcloud:index/server:Server", { name: "prod-app1", labels }), client);
    assert.match(told, /^left alone: prod-app1 \(servers\/7\) was made at 2026-11-29T11:00:00Z, before/);
    assert.deepEqual(changes, []);
  });

  it("refuses to remove what is protected already, and says what to do", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=database1": { servers: [{ id: 5, labels, protection: { delete: true } }] },
    });
    await assert.rejects(
      settle(create("hcloud:index/server:Server", { name: "database1", labels }), client),
      /database1 \(servers\/5\).*take its protection away/,
    );
    assert.deepEqual(changes, []);
  });

  it("keeps the older object that a replacement of the same name was to follow", async () => {
    const { client, changes } = cloud({ "GET /volumes?name=data": { volumes: [{ id: 5, labels }] } });
    const told = await settle(create("hcloud:index/volume:Volume", { name: "data", labels }), client, {
      ids: ["5"],
    });
    assert.equal(told, "nothing was left behind");
    assert.deepEqual(changes, []);
  });

  it("keeps an object of the same name that carries other labels, and names it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7, labels: { owner: "somebody" } }] },
    });
    assert.match(
      await settle(create("hcloud:index/server:Server", { name: "prod-app1", labels }), client),
      /left alone: prod-app1 \(servers\/7\) carries other labels/,
    );
    assert.deepEqual(changes, []);
  });

  it("waits for the action of the killed run, whose effect shows only at its end", async () => {
    const running = [{ actions: [{ id: 1 }] }, { actions: [{ id: 1 }] }, { actions: [] }];
    const asked: string[] = [];
    const client: CloudClient = async (method, path) => {
      asked.push(`${method} ${path}`);
      if (path.endsWith("?status=running")) return running.shift();
      return { network: { subnets: running.length > 0 ? [] : [{ ip_range: "10.0.1.0/24" }], routes: [] } };
    };
    const subnet = create("hcloud:index/networkSubnet:NetworkSubnet", {
      networkId: 3,
      ipRange: "10.0.1.0/24",
    });
    assert.match(await settle(subnet, { cloud: client, hetzner: client }), /^was there/);
    assert.deepEqual(asked, [
      ...Array.from({ length: 3 }, () => "GET /networks/3/actions?status=running"),
      "GET /networks/3",
    ]);
  });

  it("asks for nothing when the state tells no name, and says how to go on", async () => {
    const { client, changes } = cloud({});
    await assert.rejects(
      settle(create("hcloud:index/server:Server", {}), client),
      /no name of urn:pulumi:prod::p::t::n.*--clear-pending-creates/,
    );
    assert.deepEqual(changes, []);
  });

  it("leaves set-up scripts to the next run", async () => {
    const { client, changes } = cloud({});
    assert.equal(await settle(create("command:remote:Command", {}), client), "will be repeated");
    assert.deepEqual(changes, []);
  });
});
