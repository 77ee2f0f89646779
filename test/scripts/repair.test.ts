import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { BulkBackend, Platform } from "../../components/index";
import { loadStackFile } from "../../components/stack/stackConfig";
import type { CloudClient } from "../../scripts/cloudClient";
import { repair } from "../../scripts/repair";
import { recordProgram } from "../support/mocks";
import { creating, emptyCloud, noProgress, stackWith, written } from "./support/repairedStack";

/** What the cloud, the machines and chance answer when a resource is created. */
const created: Readonly<Record<string, Record<string, unknown>>> = {
  "random:index/randomBytes:RandomBytes": { base64: Buffer.alloc(32, 7).toString("base64") },
  "random:index/randomPassword:RandomPassword": { result: "planted-password" },
  "hcloud:index/server:Server": { ipv4Address: "198.51.100.11" },
  "hcloud:index/floatingIp:FloatingIp": { ipAddress: "203.0.113.10" },
  "command:remote:Command": { stdout: "ssh-ed25519 AAAA host\n" },
};

describe("repair", function () {
  this.timeout(20_000);

  it("does nothing, and writes no state, when the last run came to its end", async () => {
    const stack = stackWith({ resources: [] });
    const before = stack.deployment;
    assert.equal(await repair(stack, emptyCloud().clouds, noProgress), 0);
    assert.equal(stack.deployment, before);
  });

  it("takes a component, of which the engine writes no inputs, for one that will be repeated", async () => {
    const component = { type: "hetzner-platform:index:Machine", name: "prod-app1", inputs: {} };
    const stack = stackWith({ resources: [], pending_operations: [creating(component)] });
    const told: string[] = [];
    await repair(stack, emptyCloud().clouds, (line) => told.push(line));
    assert.deepEqual(told, ["hetzner-platform:index:Machine prod-app1: will be repeated"]);
    assert.deepEqual(stack.deployment, { resources: [], pending_operations: [] });
  });

  it("reads from the cloud what a killed run had begun to change or delete, when its action has ended", async () => {
    const server = { ...written({ type: "hcloud:index/server:Server", name: "a", inputs: {} }), id: "7" };
    const subnet = {
      ...written({ type: "hcloud:index/networkSubnet:NetworkSubnet", name: "s", inputs: {} }),
    };
    const setup = written({ type: "command:remote:Command", name: "c", inputs: {} });
    const running = [{ actions: [{ id: 1 }] }, { actions: [] }];
    const requests: string[] = [];
    const client: CloudClient = async (method, path) => {
      requests.push(`${method} ${path}`);
      return running.shift();
    };
    const stack = stackWith({
      resources: [server, subnet, setup],
      pending_operations: [
        { type: "deleting", resource: server },
        { type: "updating", resource: subnet },
        { type: "updating", resource: setup },
      ],
    });
    assert.equal(await repair(stack, { cloud: client, hetzner: client }, noProgress), 3);
    assert.deepEqual(requests, Array(2).fill("GET /servers/7/actions?status=running"));
    assert.deepEqual(stack.read, [server.urn, subnet.urn]);
    // The engine clears these itself when it has read them; until then a second try must know them.
    assert.deepEqual(stack.deployment, {
      resources: [server, subnet, setup],
      pending_operations: [
        { type: "deleting", resource: server },
        { type: "updating", resource: subnet },
      ],
    });
  });

  it("keeps the volume that the state holds when the creation of its replacement was killed", async () => {
    const volume = { type: "hcloud:index/volume:Volume", name: "v", inputs: { name: "data", labels: {} } };
    const client: CloudClient = async (method, path) => {
      assert.equal(`${method} ${path}`, "GET /volumes?name=data");
      return { volumes: [{ id: 5, labels: {} }] };
    };
    const stack = stackWith({
      resources: [{ ...written(volume), id: "5" }],
      pending_operations: [creating(volume)],
    });
    const told: string[] = [];
    await repair(stack, { cloud: client, hetzner: client }, (line) => told.push(line));
    assert.deepEqual(told, ["hcloud:index/volume:Volume v: nothing was left behind"]);
  });

  it("stays as it was when the API refuses, so that it can be run again", async () => {
    const server = { type: "hcloud:index/server:Server", name: "a", inputs: { name: "a" } };
    const refusing: CloudClient = () => Promise.reject(new Error("GET /servers: 401 unauthorized"));
    const stack = stackWith({ resources: [], pending_operations: [creating(server)] });
    const before = structuredClone(stack.deployment);
    await assert.rejects(repair(stack, { cloud: refusing, hetzner: refusing }, noProgress), /401/);
    assert.deepEqual(stack.deployment, before);
  });

  it("knows every resource of a platform: what Hetzner would have created is looked for, the rest is repeated", async () => {
    const local = loadStackFile("local");
    const settings = { ...local, storage: { ...local.storage, bulk: BulkBackend.StorageBox } };
    const resources = await recordProgram(
      () => new Platform("local", { settings, apiToken: pulumi.secret("planted-token") }),
      { outputs: (type) => created[type] ?? {}, call: () => ({ sha256Digest: `sha256:${"a".repeat(64)}` }) },
    );
    const stack = stackWith({ resources: [], pending_operations: resources.map(creating) });
    const { clouds, requests } = emptyCloud();
    const told: string[] = [];
    assert.equal(await repair(stack, clouds, (line) => told.push(line)), resources.length);
    assert.deepEqual(stack.read, []);
    const ofHetzner = resources.filter(({ type }) => type.startsWith("hcloud:"));
    assert.deepEqual([...new Set(ofHetzner.map(({ type }) => type.split(":")[2]))].sort(), [
      "Firewall",
      "FloatingIp",
      "Network",
      "NetworkRoute",
      "NetworkSubnet",
      "PlacementGroup",
      "Server",
      "SshKey",
      "StorageBox",
      "Volume",
      "VolumeAttachment",
      "ZoneRrset",
    ]);
    assert.equal(told.filter((line) => line.endsWith(": nothing was left behind")).length, ofHetzner.length);
    assert.deepEqual(
      told.filter((line) => line.startsWith("hcloud:") && line.endsWith("will be repeated")),
      [],
    );
    assert.ok(requests.length >= ofHetzner.length);
    assert.ok(requests.every((request) => request.startsWith("GET ")));
  });
});
