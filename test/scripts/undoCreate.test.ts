import assert from "node:assert/strict";
import type { CloudClient, CloudClients } from "../../scripts/cloudClient";
import { type IsHeld, type PendingCreate, undoCreate } from "../../scripts/undoCreate";

/** A cloud that answers from a table and notes what it was asked to change. */
function cloud(answers: Readonly<Record<string, unknown>>): { client: CloudClients; changes: string[] } {
  const changes: string[] = [];
  const clientOf =
    (host: string): CloudClient =>
    async (method, path, body) => {
      if (method !== "GET")
        changes.push(`${method} ${host}${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`);
      if (/^(\/storage_boxes)?\/actions\//.test(path)) return { action: { status: "success", error: null } };
      return answers[`${method} ${host}${path}`];
    };
  return { client: { cloud: clientOf(""), hetzner: clientOf("hetzner") }, changes };
}

const create = (type: string, inputs: Record<string, unknown>) => ({
  urn: "urn:pulumi:prod::p::t::n",
  type,
  inputs,
});

/** Undoes with a state that holds the listed ids, whatever their type. */
const undo = (pending: PendingCreate, client: CloudClients, held: readonly string[] = []) =>
  undoCreate(pending, client, ((_type, id) => held.includes(id)) satisfies IsHeld);

const labels = { environment: "prod", "managed-by": "pulumi" };

describe("undoCreate", () => {
  it("removes the server that a killed run had begun, and waits for it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7, labels }] },
      "DELETE /servers/7": { action: { id: 9 } },
    });
    assert.match(
      await undo(create("hcloud:index/server:Server", { name: "prod-app1", labels }), client),
      /removed prod-app1/,
    );
    assert.deepEqual(changes, ["DELETE /servers/7"]);
  });

  it("changes nothing when the request never arrived", async () => {
    const { client, changes } = cloud({ "GET /servers?name=prod-app1": { servers: [] } });
    assert.equal(
      await undo(create("hcloud:index/server:Server", { name: "prod-app1" }), client),
      "nothing was left behind",
    );
    assert.deepEqual(changes, []);
  });

  it("removes a storage box at the API that has storage boxes", async () => {
    const { client, changes } = cloud({
      "GET hetzner/storage_boxes?name=prod-backups": { storage_boxes: [{ id: 8, labels }] },
      "DELETE hetzner/storage_boxes/8": { action: { id: 9 } },
    });
    const told = await undo(
      create("hcloud:index/storageBox:StorageBox", { name: "prod-backups", labels }),
      client,
    );
    assert.match(told, /removed prod-backups/);
    assert.deepEqual(changes, ["DELETE hetzner/storage_boxes/8"]);
  });

  it("refuses to remove what is protected already, and says what to do", async () => {
    const { client, changes } = cloud({
      "GET /volumes?name=data": { volumes: [{ id: 5, labels, protection: { delete: true } }] },
    });
    await assert.rejects(
      undo(create("hcloud:index/volume:Volume", { name: "data", labels }), client),
      /data \(volumes\/5\).*take its protection away/,
    );
    assert.deepEqual(changes, []);
  });

  it("keeps the older object that a replacement of the same name was to follow", async () => {
    const { client, changes } = cloud({ "GET /volumes?name=data": { volumes: [{ id: 5, labels }] } });
    const told = await undo(create("hcloud:index/volume:Volume", { name: "data", labels }), client, ["5"]);
    assert.equal(told, "nothing was left behind");
    assert.deepEqual(changes, []);
  });

  it("keeps an object of the same name that carries other labels, and names it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7, labels: { owner: "somebody" } }] },
    });
    assert.match(
      await undo(create("hcloud:index/server:Server", { name: "prod-app1", labels }), client),
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
      if (path.startsWith("/actions/")) return { action: { status: "success" } };
      if (method === "POST") return { action: { id: 2 } };
      return { network: { subnets: running.length > 0 ? [] : [{ ip_range: "10.0.1.0/24" }], routes: [] } };
    };
    const subnet = create("hcloud:index/networkSubnet:NetworkSubnet", {
      networkId: 3,
      ipRange: "10.0.1.0/24",
    });
    assert.match(await undo(subnet, { cloud: client, hetzner: client }), /^undone/);
    assert.deepEqual(asked, [
      ...Array.from({ length: 3 }, () => "GET /networks/3/actions?status=running"),
      "GET /networks/3",
      "POST /networks/3/actions/delete_subnet",
      "GET /actions/2",
    ]);
  });

  it("asks for nothing when the state tells no name, and says how to go on", async () => {
    const { client, changes } = cloud({});
    await assert.rejects(
      undo(create("hcloud:index/server:Server", {}), client),
      /no name of urn:pulumi:prod::p::t::n.*--clear-pending-creates/,
    );
    assert.deepEqual(changes, []);
  });

  for (const [type, inputs, path, answer, id, change] of [
    [
      "hcloud:index/floatingIpAssignment:FloatingIpAssignment",
      { floatingIpId: 4, serverId: 7 },
      "/floating_ips/4",
      { floating_ip: { server: 7 } },
      "4",
      "POST /floating_ips/4/actions/unassign",
    ],
    [
      "hcloud:index/volumeAttachment:VolumeAttachment",
      { volumeId: 5, serverId: 7 },
      "/volumes/5",
      { volume: { server: 7 } },
      "5",
      "POST /volumes/5/actions/detach",
    ],
    [
      "hcloud:index/networkRoute:NetworkRoute",
      { networkId: 3, destination: "0.0.0.0/0", gateway: "10.0.1.2" },
      "/networks/3",
      { network: { subnets: [], routes: [{ destination: "0.0.0.0/0", gateway: "10.0.1.2" }] } },
      "3-0.0.0.0/0",
      'POST /networks/3/actions/delete_route {"destination":"0.0.0.0/0","gateway":"10.0.1.2"}',
    ],
  ] as const) {
    it(`undoes a ${type.split(":")[2]}, unless the state holds it`, async () => {
      const { client, changes } = cloud({
        [`GET ${path}`]: answer,
        [change.split(" ").slice(0, 2).join(" ")]: { action: { id: 1 } },
      });
      assert.equal(await undo(create(type, inputs), client, [id]), "nothing was left behind");
      assert.deepEqual(changes, []);
      assert.match(await undo(create(type, inputs), client), /^undone/);
      assert.deepEqual(changes, [change]);
    });
  }

  it("deletes a subnet by its range", async () => {
    const { client, changes } = cloud({
      "GET /networks/3": { network: { subnets: [{ ip_range: "10.0.1.0/24" }], routes: [] } },
      "POST /networks/3/actions/delete_subnet": { action: { id: 1 } },
    });
    await undo(
      create("hcloud:index/networkSubnet:NetworkSubnet", { networkId: 3, ipRange: "10.0.1.0/24" }),
      client,
    );
    assert.deepEqual(changes, ['POST /networks/3/actions/delete_subnet {"ip_range":"10.0.1.0/24"}']);
  });

  it("leaves set-up scripts to the next run", async () => {
    const { client, changes } = cloud({});
    assert.equal(await undo(create("command:remote:Command", {}), client), "will be repeated");
    assert.deepEqual(changes, []);
  });
});
