import assert from "node:assert/strict";
import type { CloudClient } from "../../scripts/cloudClient";
import { repair } from "../../scripts/repair";
import { emptyCloud, engineGives, noProgress, run, stackWith, written } from "./support/repairedStack";

describe("repair after an up whose answers were lost", () => {
  const attachment = {
    type: "hcloud:index/volumeAttachment:VolumeAttachment",
    name: "data",
    inputs: { __defaults: [], volumeId: 5, serverId: 7 },
  };
  const attached: CloudClient = async (_method, path) =>
    /^\/volumes\/\d$/.test(path) ? { volume: { server: 7 } } : { actions: [] };

  it("writes into the state what the cloud has and an up that lost the answer does not know", async () => {
    const stack = stackWith({ resources: [] }, [attachment]);
    const told: string[] = [];
    assert.equal(await repair(stack, { cloud: attached, hetzner: attached }, (line) => told.push(line)), 1);
    assert.deepEqual(told, [`${attachment.type} data: was there, and is in the state now`]);
    const { urn } = written(attachment);
    const { inputs, type } = attachment;
    const outputs = { volumeId: 5, serverId: 7, id: "5" };
    const rest = { protect: undefined, retainOnDelete: undefined };
    assert.deepEqual(stack.deployment, {
      resources: [{ urn, custom: true, type, id: "5", inputs, outputs, ...engineGives, ...rest }],
    });
    assert.deepEqual(stack.read, [urn]);
  });

  it("keeps the older one of a replacement in the state until it is deleted", async () => {
    const older = { ...written(attachment), id: "4", inputs: { volumeId: 4, serverId: 7 } };
    const later = written({ type: "command:remote:Command", name: "setup", inputs: {} });
    const stack = stackWith({ resources: [older, later] }, [attachment]);
    await repair(stack, { cloud: attached, hetzner: attached }, noProgress);
    const { resources } = stack.deployment as { resources: { id?: string; delete?: boolean }[] };
    assert.deepEqual(
      resources.map(({ id, delete: gone }) => [id, gone]),
      [
        ["5", undefined],
        ["4", true],
        [undefined, undefined],
      ],
    );
  });

  it("leaves what is not known yet, of a server that was never made, and asks the cloud for nothing", async () => {
    const inputs = { volumeId: 5, serverId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
    const { clouds, requests } = emptyCloud();
    assert.equal(await repair(stackWith({}, [{ ...attachment, inputs }]), clouds, noProgress), 0);
    assert.deepEqual(requests, []);
  });

  const server = { type: "hcloud:index/server:Server", name: "database1", inputs: { name: "database1" } };

  it("forgets a server whose deletion was not answered: the provider fails for ever on what is not there", async () => {
    const held = { ...written(server), id: "7" };
    const setup = {
      ...written({ type: "command:remote:Command", name: "c", inputs: {} }),
      deletedWith: held.urn,
    };
    const other = { ...written({ ...server, name: "db2" }), id: "8" };
    const stack = stackWith({ resources: [held, other, setup] }, [], [run("failed", 10)]);
    const client: CloudClient = async (_method, path) => (path === "/servers/8" ? { server: {} } : undefined);
    assert.equal(await repair(stack, { cloud: client, hetzner: client }, noProgress), 1);
    assert.deepEqual(stack.deployment, { resources: [other, { ...setup, deletedWith: undefined }] });
  });

  it("forgets nothing when the token is another project's, and says so", async () => {
    const resources = ["7", "8"].map((id) => ({ ...written({ ...server, name: id }), id }));
    const stack = stackWith({ resources }, [], [run("failed", 10)]);
    const before = structuredClone(stack.deployment);
    await assert.rejects(
      repair(stack, emptyCloud().clouds, noProgress),
      /hcloud:token opens: is it the right one/,
    );
    assert.deepEqual(stack.deployment, before);
  });

  it("says of a server that was made by halves what it lacks and how to make it anew", async () => {
    const half = { ...written(server), id: "7", initErrors: ["rate limit exceeded"] };
    const stack = stackWith({ resources: [half] });
    const client: CloudClient = async (_method, path) =>
      path === "/servers/7" ? { server: { status: "off", private_net: [] } } : { actions: [] };
    const told: string[] = [];
    await repair(stack, { cloud: client, hetzner: client }, (line) => told.push(line));
    assert.match(
      told.join(),
      /database1: was made by halves, it is off: .*pulumi up --replace 'urn:pulumi:prod::.*::database1'$/,
    );
    assert.deepEqual(stack.read, [half.urn]);
  });

  const network = { type: "hcloud:index/network:Network", name: "n", inputs: { name: "prod", labels: {} } };

  /** A cloud with that network, made at this minute; notes what it was asked to change. */
  function withNetwork(minute: number) {
    const changes: string[] = [];
    const created = new Date(Date.UTC(2026, 10, 29, 12, minute)).toISOString();
    const client: CloudClient = async (method, path) => {
      if (method !== "GET") changes.push(`${method} ${path}`);
      return { networks: [{ id: 3, labels: {}, created }] };
    };
    return { clouds: { cloud: client, hetzner: client }, changes };
  }

  it("asks the program nothing when the last up succeeded", async () => {
    const { clouds, changes } = withNetwork(10);
    const stack = stackWith({}, [network], [run("succeeded", 0), run("failed", -5)]);
    assert.equal(await repair(stack, clouds, noProgress), 0);
    assert.deepEqual(changes, []);
  });

  it("takes out of the state what a failed destroy has deleted, and what others say of it", async () => {
    const deleted = { ...written(attachment), id: "5" };
    const propertyDependencies = { triggers: [deleted.urn], create: null };
    const setup = {
      ...written({ type: "command:remote:Command", name: "c", inputs: {} }),
      propertyDependencies,
    };
    const resources = [deleted, { ...setup, dependencies: [deleted.urn] }];
    const stack = stackWith({ resources }, [], [run("failed", 10)]);
    const detached: CloudClient = async (_method, path) =>
      path === "/volumes/5" ? { volume: { id: 5, server: null } } : { actions: [] };
    const told: string[] = [];
    await repair(stack, { cloud: detached, hetzner: detached }, (line) => told.push(line));
    assert.deepEqual(told, [`${attachment.type} data: is gone, and not in the state any more`]);
    assert.deepEqual(stack.deployment, {
      resources: [{ ...setup, dependencies: [], propertyDependencies: { triggers: [], create: [] } }],
    });
  });

  it("removes the network that the failed up has made", async () => {
    const { clouds, changes } = withNetwork(10);
    assert.equal(await repair(stackWith({}, [network]), clouds, noProgress), 1);
    assert.deepEqual(changes, ["DELETE /networks/3"]);
  });

  it("leaves the network of a platform whose state was lost, and says why", async () => {
    const { clouds, changes } = withNetwork(-60);
    const told: string[] = [];
    await repair(stackWith({}, [network], [run("failed", 10)]), clouds, (line) => told.push(line));
    assert.deepEqual(changes, []);
    assert.match(told.join(), /left alone: prod \(networks\/3\) was made at .*before the runs that failed/);
  });

  it("touches nothing for a stack that has never run, whatever carries its names", async () => {
    const { clouds, changes } = withNetwork(10);
    assert.equal(await repair(stackWith({}, [network], []), clouds, noProgress), 0);
    assert.deepEqual(changes, []);
  });
});
