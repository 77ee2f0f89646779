import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as hcloud from "@pulumi/hcloud";
import type { Stack } from "@pulumi/pulumi/automation";
import { platformLabels } from "../../../components/machine/labels";
import { TestCloud, TOKEN } from "../../../localcloud/test/api/testCloud";
import type { CloudClient } from "../../../scripts/cloudClient";
import { leftBehind } from "../../../scripts/leftBehind";
import { eventually } from "../../support/eventually";
import { hcloudStack } from "../../support/hcloudStack";
import { program, RESOURCES } from "./providerProgram";
import { first, second } from "./providerVersions";

describe("local cloud API: the unmodified Pulumi provider", function () {
  this.timeout(10 * 60_000);
  let cloud: TestCloud;
  let stack: Stack;
  let folder: string;

  before(async () => {
    cloud = await TestCloud.start({ timeScale: 0.02 });
    // As long as a real machine room takes: enough for two requests to meet.
    cloud.host.gate = ({ method }) => (method === "reconcileNetwork" ? setTimeout(100) : Promise.resolve());
    const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
    folder = await mkdtemp(join(tmpdir(), "localcloud-provider-"));
    stack = await hcloudStack({
      ...{ stackName: "test", projectName: "provider", program: program(first), folder, token: TOKEN },
      endpoint: `http://127.0.0.1:${port}/v1`,
      pollInterval: "100ms",
    });
  });

  after(async () => {
    await cloud?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const writes = () => cloud.log.filter(({ method }) => method !== "GET").length;

  it("creates every resource of the first set", async () => {
    // The first subnet is being added until the second was asked for, so that the two meet whatever the pace.
    const subnets = () => cloud.log.filter(({ path }) => path.endsWith("add_subnet")).length;
    cloud.host.gate = async ({ method }) => {
      if (method === "reconcileNetwork")
        await eventually(() => subnets() !== 1, "the second subnet is asked for");
    };
    const up = await stack.up();
    cloud.host.gate = async () => undefined;
    assert.equal(up.summary.resourceChanges?.create, RESOURCES);
    assert.equal(up.outputs.vip?.value, "203.0.113.2");
    assert.match(up.outputs.ipv6?.value, /^2001:db8:1:[0-9a-f]+::1$/);
    const { servers } = await cloud.get("/servers?sort=name");
    assert.deepEqual(
      servers.map(({ status }: { status: string }) => status),
      ["running", "running", "running", "running"],
    );
    assert.ok(
      cloud.log.some(({ status, path }) => status === 409 && path.endsWith("add_subnet")),
      "two subnets at once meet a conflict that the provider survives",
    );
    assert.deepEqual(cloud.problems, []);
  });

  it("changes nothing at the second update and writes nothing", async () => {
    const before = writes();
    const up = await stack.up({ expectNoChanges: true });
    assert.equal(up.summary.resourceChanges?.same, RESOURCES);
    assert.equal(writes(), before);
  });

  it("finds no drift at a refresh", async () => {
    await stack.refresh({ expectNoChanges: true });
  });

  it("updates everything in place", async () => {
    const { servers } = await cloud.get("/servers");
    stack.workspace.program = program(second);
    const up = await stack.up();
    const { create, delete: deleted, replace, update } = up.summary.resourceChanges ?? {};
    assert.deepEqual(
      { create, deleted, replace },
      { create: undefined, deleted: undefined, replace: undefined },
    );
    assert.ok((update ?? 0) >= 12, `only ${update} updates`);
    const after = (await cloud.get("/servers")).servers;
    assert.deepEqual(
      after.map(({ id }: { id: number }) => id),
      servers.map(({ id }: { id: number }) => id),
    );
    const named = (name: string) => after.find((server: { name: string }) => server.name === name);
    const edge = named("edge0-two");
    assert.deepEqual([edge.server_type.name, edge.primary_disk_size, edge.status], ["cx33", 40, "running"]);
    assert.deepEqual(edge.private_net[0].alias_ips, second.aliasIps);
    const { floating_ips } = await cloud.get("/floating_ips");
    assert.equal(floating_ips[0].server, named("edge1-two").id);
    await stack.up({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
  });

  it("destroys everything", async () => {
    const destroyed = await stack.destroy();
    assert.equal(destroyed.summary.resourceChanges?.delete, RESOURCES);
    for (const path of [
      "servers",
      "networks",
      "volumes",
      "floating_ips",
      "primary_ips",
      "firewalls",
      "ssh_keys",
    ]) {
      assert.equal((await cloud.get(`/${path}`)).meta.pagination.total_entries, 0, path);
    }
    assert.deepEqual(
      [cloud.host.machines.size, cloud.host.volumes.size, cloud.host.snapshots.size],
      [0, 0, 0],
    );
    assert.deepEqual(cloud.problems, []);
  });

  // Not ours to mend: whoever destroys a stack is told by `repair` (docs/operations.md).
  it("hides that a primary IP in use was not deleted: destroy is green, the address stays, and repair names it", async () => {
    stack.workspace.program = async () => {
      new hcloud.PrimaryIp("kept", {
        name: "kept",
        type: "ipv4",
        location: "fsn1",
        assigneeType: "server",
        autoDelete: false,
      });
    };
    await stack.up();
    const [kept] = (await cloud.get("/primary_ips")).primary_ips;
    const { id } = await cloud.server("foreign", { public_net: { ipv4: kept.id } });
    await stack.refresh();
    const destroyed = await stack.destroy();
    assert.equal(destroyed.summary.result, "succeeded");
    const refused = cloud.log.filter(
      ({ method, path }) => method === "DELETE" && path.endsWith(`/primary_ips/${kept.id}`),
    );
    assert.deepEqual(
      refused.map(({ status }) => status),
      [422],
    );
    assert.equal((await cloud.get(`/primary_ips/${kept.id}`)).primary_ip.assignee_id, id);
    await cloud.ok("DELETE", `/servers/${id}`);
    await cloud.api.runner.idle();
    const client: CloudClient = (method, path, body) => cloud.ok(method, path, body);
    assert.deepEqual(await leftBehind({ cloud: client, hetzner: client }, [], platformLabels("test")), [
      `still billed, and nobody has it: primary IP kept (id ${kept.id})`,
    ]);
  });
});
