import assert from "node:assert/strict";
import { type CloudClient, type CloudClients, undoCreate } from "../../scripts/undoCreate";

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

describe("undoCreate", () => {
  it("removes the server that a killed run had begun, and waits for it", async () => {
    const { client, changes } = cloud({
      "GET /servers?name=prod-app1": { servers: [{ id: 7 }] },
      "DELETE /servers/7": { action: { id: 9 } },
    });
    assert.match(
      await undoCreate(create("hcloud:index/server:Server", { name: "prod-app1" }), client),
      /removed prod-app1/,
    );
    assert.deepEqual(changes, ["DELETE /servers/7"]);
  });

  it("changes nothing when the request never arrived", async () => {
    const { client, changes } = cloud({ "GET /servers?name=prod-app1": { servers: [] } });
    assert.equal(
      await undoCreate(create("hcloud:index/server:Server", { name: "prod-app1" }), client),
      "nothing was left behind",
    );
    assert.deepEqual(changes, []);
  });

  it("removes a storage box at the API that has storage boxes", async () => {
    const { client, changes } = cloud({
      "GET hetzner/storage_boxes?name=prod-backups": { storage_boxes: [{ id: 8 }] },
      "DELETE hetzner/storage_boxes/8": { action: { id: 9 } },
    });
    const told = await undoCreate(
      create("hcloud:index/storageBox:StorageBox", { name: "prod-backups" }),
      client,
    );
    assert.match(told, /removed prod-backups/);
    assert.deepEqual(changes, ["DELETE hetzner/storage_boxes/8"]);
  });

  it("refuses to remove what is protected already, and says what to do", async () => {
    const { client, changes } = cloud({
      "GET /volumes?name=data": { volumes: [{ id: 5, protection: { delete: true } }] },
    });
    await assert.rejects(
      undoCreate(create("hcloud:index/volume:Volume", { name: "data" }), client),
      /data \(volumes\/5\).*take its protection away/,
    );
    assert.deepEqual(changes, []);
  });

  it("deletes a subnet by its range", async () => {
    const { client, changes } = cloud({
      "GET /networks/3": { network: { subnets: [{ ip_range: "10.0.1.0/24" }], routes: [] } },
      "POST /networks/3/actions/delete_subnet": { action: { id: 1 } },
    });
    await undoCreate(
      create("hcloud:index/networkSubnet:NetworkSubnet", { networkId: 3, ipRange: "10.0.1.0/24" }),
      client,
    );
    assert.deepEqual(changes, ['POST /networks/3/actions/delete_subnet {"ip_range":"10.0.1.0/24"}']);
  });

  it("leaves set-up scripts to the next run", async () => {
    const { client, changes } = cloud({});
    assert.equal(await undoCreate(create("command:remote:Command", {}), client), "will be repeated");
    assert.deepEqual(changes, []);
  });
});
