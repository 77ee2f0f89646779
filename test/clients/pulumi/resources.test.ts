import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { TestCloud } from "../../../localcloud/test/api/testCloud";
import { openStack, selfSigned } from "./stack";
import type { Pem, Supports, Version } from "./subject";
import { subjects } from "./subjects";
import { makeSupports } from "./supports";

const importable = subjects.filter((subject) => subject.import !== "never");

/** Operations of the engine by type: `server` to `["create"]`. Only the subjects', not what they stand on. */
type Operations = ReadonlyMap<string, readonly string[]>;

describe("the unmodified Pulumi provider: every resource", function () {
  this.timeout(10 * 60_000);
  let cloud: TestCloud;
  let folder: string;
  let stack: Stack;
  let imported: Stack;
  let certificates: readonly [Pem, Pem];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localcloud-resources-"));
    certificates = [await selfSigned(folder, "one.example"), await selfSigned(folder, "two.example")];
    cloud = await TestCloud.start();
    const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
    stack = await openStack(folder, "made", port);
    imported = await openStack(folder, "imported", port);
  });

  after(async () => {
    await cloud?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** The whole program in one version; answers what import needs. */
  const program = (version: Version) => async () => {
    const supports = makeSupports(certificates);
    const importIds: Record<string, pulumi.Output<string>> = {};
    for (const subject of subjects) {
      const resource = subject.make(supports, version, { deleteBeforeReplace: true });
      const importId = subject.importId?.(resource, supports) ?? resource.id;
      importIds[subject.name] = pulumi.output(importId);
    }
    return { importIds, supports: { ...supports, certificates: [] } };
  };

  /** Takes over what the first stack made; nothing may differ from what its program says. */
  const importing = (importIds: Readonly<Record<string, string>>, supports: Supports) => async () => {
    for (const subject of importable) {
      const id = importIds[subject.name] ?? "";
      const ignoreChanges = [...(subject.unread ?? [])];
      if (subject.read !== undefined) subject.read(id);
      else subject.make(supports, "updated", { import: id, ignoreChanges, retainOnDelete: true });
    }
  };

  const apply = async (version: Version, replace: readonly string[] = []): Promise<Operations> => {
    stack.workspace.program = program(version);
    const events: EngineEvent[] = [];
    await stack.up({ onEvent: (event) => events.push(event), replace: [...replace] });
    return operationsIn(events);
  };

  it("has a subject for each of the SDK's 29 resources", () => {
    const tokens = Object.values(hcloud)
      .filter((value) => typeof value === "function" && "__pulumiType" in value)
      .map((value) => (value as unknown as { __pulumiType: string }).__pulumiType)
      .filter((token) => token.startsWith("hcloud:index/"))
      .map((token) => token.slice("hcloud:index/".length).split(":")[0]);
    assert.equal(tokens.length, 29);
    assert.deepEqual(subjects.map(({ name }) => name).sort(), tokens.sort());
  });

  it("creates each of them, and a second update changes nothing", async () => {
    const operations = await apply("first");
    for (const { name } of subjects) assert.deepEqual(operations.get(name), ["create"], name);
    await stack.up({ expectNoChanges: true });
    assert.deepEqual(cloud.problems, []);
  });

  it("finds no drift in any of them", async () => {
    await stack.refresh({ expectNoChanges: true });
  });

  it("updates each of them in place", async () => {
    const operations = await apply("updated");
    for (const { name, update } of subjects) {
      assert.deepEqual(operations.get(name), [update === "never" ? "same" : "update"], name);
    }
    await stack.up({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
  });

  it("imports each that can be imported without a difference", async () => {
    const outputs = await stack.outputs();
    imported.workspace.program = importing(outputs.importIds?.value, {
      ...outputs.supports?.value,
      certificates,
    });
    const events: EngineEvent[] = [];
    await imported.up({ onEvent: (event) => events.push(event) });
    const operations = operationsIn(events);
    for (const { name, read } of importable) {
      assert.deepEqual(operations.get(name), [read === undefined ? "import" : "read"], name);
    }
    await imported.up({ expectNoChanges: true });
  });

  it("replaces each of them", async () => {
    const requested = subjects.filter(({ replace }) => replace === "on request").map(({ name }) => name);
    const resources = (await stack.exportStack()).deployment.resources as { urn: string; type: string }[];
    const urns = resources
      .filter(({ urn, type }) => urn.includes("::subject-") && requested.includes(nameOf(type)))
      .map(({ urn }) => urn);
    assert.equal(urns.length, requested.length);
    const operations = await apply("replaced", urns);
    for (const { name } of subjects) {
      const found = operations.get(name) ?? [];
      assert.ok(found.includes("create-replacement"), `${name}: ${found.join(", ")}`);
    }
    await stack.up({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
  });

  it("destroys each of them and leaves nothing", async () => {
    await stack.destroy();
    for (const path of [
      ...["servers", "networks", "volumes", "floating_ips", "primary_ips", "firewalls", "ssh_keys"],
      ...["placement_groups", "load_balancers", "certificates", "zones", "storage_boxes"],
    ]) {
      assert.equal((await cloud.get(`/${path}`)).meta.pagination.total_entries, 0, path);
    }
    const { images } = await cloud.get("/images?type=snapshot");
    assert.deepEqual(images, []);
    assert.deepEqual(cloud.problems, []);
  });
});

function operationsIn(events: readonly EngineEvent[]): Operations {
  const found = new Map<string, string[]>();
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata;
    if (metadata === undefined || !metadata.urn.includes("::subject-")) continue;
    const name = nameOf(metadata.type);
    found.set(name, [...(found.get(name) ?? []), metadata.op]);
  }
  return found;
}

/** `hcloud:index/server:Server` to `server`. */
const nameOf = (type: string) => type.split("/")[1]?.split(":")[0] ?? "";
