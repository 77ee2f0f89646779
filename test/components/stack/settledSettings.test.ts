import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { UpOptions } from "@pulumi/pulumi/automation";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import type { SettingChange } from "../../../scripts/settingChanges/change";
import { changedValues, settingChanges, startingPoint } from "../../../scripts/settingChanges/changes";
import { document, renderRow } from "../../../scripts/settingChanges/table";
import { type EngineStack, engineStack, soldOutType } from "../../support/engineStack";
import { takeTheAddress } from "./support/eagerAgents";

describe("Platform under the real engine: settings that data depends on", function () {
  this.timeout("10m");
  let running: EngineStack;

  before(async () => {
    running = await engineStack(startingPoint);
    await running.stack.up();
  });
  beforeEach(() => running.configure(startingPoint));
  after(() => running?.stop());

  /** What the engine says when it refuses to update. */
  const refusal = async (options: UpOptions = {}): Promise<string> => {
    const before = running.writes().length;
    const error = await running.stack.up({ ...options, color: "never" }).then(
      () => assert.fail("the update went through"),
      (failure: Error) => failure,
    );
    assert.deepEqual(running.writes().slice(before), [], "the API was asked to change something");
    return error.message;
  };

  it("changes nothing at the second update", async () => {
    await running.stack.up({ expectNoChanges: true });
  });

  for (const path of [
    "environment",
    "location",
    "network.range",
    "network.subnets",
    "database.databaseName",
    "database.cacheEngine",
    "storage.objectStoreEngine",
    "storage.bucket",
    "storage.bulk",
  ]) {
    it(`refuses a changed ${path} with what to do, also without a preview, and touches nothing`, async () => {
      running.configure(changedValues(changeOf(path)));
      const text = await refusal();
      assert.match(text, /nothing was changed, because data would be left behind or deleted\n +/);
      assert.ok(text.includes(`${path}`), text);
      assert.match(text, /set it back to|pulumi config set environment prod|keepStorageBox/);
    });
  }

  it("refuses it too when an update is for one machine alone", async () => {
    const { resources } = (await running.stack.exportStack()).deployment;
    const target: string[] = resources
      .map(({ urn }: { urn: string }) => urn)
      .filter((urn: string) => urn.endsWith("::platform-app-app1-server"));
    assert.equal(target.length, 1);
    await running.stack.preview({ target, color: "never", expectNoChanges: true });
    running.configure(changedValues(changeOf("location")));
    // The engine asks for the targets of a replacement at the same time, and either may be the first to refuse.
    const either = /location: nbg1 in the running|will be destroyed but was not specified in --target list/;
    assert.match(await refusal({ target }), either);
  });

  it("keeps the storage box and its type when backups move to the volume and the settings say so", async () => {
    const storage = { ...(startingPoint.storage as object), bulk: "volume", keepStorageBox: true };
    running.configure({ ...startingPoint, storage });
    const plan = await running.plan();
    assert.deepEqual(
      plan.map(({ op, name }) => `${op} ${name}`),
      ["update platform-storage-storage1-setup"],
    );
  });

  it("follows a change that is accepted by its new value, and no other", async () => {
    const database = { ...(startingPoint.database as object), databaseName: "shop" };
    running.configure({ ...startingPoint, database, acceptChange: ["database.databaseName=shop"] });
    assert.ok((await running.plan()).some(({ name }) => name === "platform-database-database1-setup"));
    running.configure({ ...startingPoint, database, acceptChange: ["database.databaseName=store"] });
    assert.match(await refusal(), /database\.databaseName: app in the running platform, shop/);
  });

  it("does not replace a storage box whose key is another or unknown, as after an import", async () => {
    const state = await running.stack.exportStack();
    const box = state.deployment.resources.find(({ type }: { type: string }) => type.endsWith(":StorageBox"));
    const { sshKeys } = box.inputs;
    Object.assign(box.inputs, { sshKeys: [] });
    Object.assign(box.outputs, { sshKeys: [] });
    await running.stack.importStack(state);
    try {
      assert.deepEqual(await running.plan(), []);
    } finally {
      Object.assign(box.inputs, { sshKeys });
      Object.assign(box.outputs, { sshKeys });
      await running.stack.importStack(state);
    }
  });

  it("knows the record and the subnet of a stack that was made when `database` was called `data`", async () => {
    const state = await running.stack.exportStack();
    const text = JSON.stringify(state)
      .replaceAll("-subnet-database", "-subnet-data")
      .replaceAll("network.subnets.database", "network.subnets.data");
    await running.stack.importStack(JSON.parse(text));
    try {
      assert.deepEqual(
        (await running.plan()).map(({ op, type, name }) => `${op} ${type} ${name}`),
        ["update Stash platform-settled"],
      );
      running.configure(changedValues(changeOf("network.subnets")));
      assert.match(await refusal(), /network\.subnets\.database: 10\.0\.3\.0\/24 in the running platform/);
    } finally {
      await running.stack.importStack(state);
    }
  });

  it("builds nothing a second time when the stack gets another name", async () => {
    await running.stack.rename({ stackName: "live" });
    assert.match(await refusal(), /environment: prod .*\n?.*run: pulumi config set environment prod/);
    running.configure({ ...startingPoint, environment: "prod" });
    assert.deepEqual(await running.plan(), []);
    await running.stack.rename({ stackName: "prod" });
  });

  it("does not begin to replace or resize a machine whose type is sold out", async () => {
    const data = {
      ...startingPoint,
      database: { ...(startingPoint.database as object), serverType: soldOutType },
    };
    const words = /Hetzner cannot deliver ccx43 in nbg1 at the moment: prod-database1 would be gone or off/;
    running.configure(data);
    await assert.rejects(running.plan(), words);
    await assert.rejects(running.plan("platform-database-database1-server"), words);
    running.configure(startingPoint);
    const replaced = (await running.plan("platform-database-database1-server")).map(
      ({ op, name }) => `${op} ${name}`,
    );
    assert.ok(replaced.includes("replace platform-database-database1-server"), String(replaced));
  });

  it("makes new machines from baked images and replaces none, and says what to do when an image is gone", async () => {
    const image = await snapshotOf(running);
    const baked = { ...startingPoint, image: "baked", bakedImages: { app: image, database: image } };
    running.configure(baked);
    assert.deepEqual(await running.plan(), []);
    const app = startingPoint.app as { readonly count?: number };
    const third = { ...app, count: (app.count ?? 2) + 1 };
    running.configure({ ...baked, app: third });
    const created = (await running.plan()).filter(({ type }) => type === "Server");
    assert.deepEqual(
      created.map(({ op, name }) => `${op} ${name}`),
      ["create platform-app-app3-server"],
    );
    running.configure({ ...baked, app: third, bakedImages: { app: 4711 } });
    const words =
      /prod-app3 cannot be made: there is no image 4711 \(any more\); npm run bake -- prod makes another/;
    await assert.rejects(running.plan(), words);
    running.configure(startingPoint);
  });

  it("asks once more when engine and program did not hear of each other, and never takes that for an empty program", async () => {
    const client = ResourceMonitorClient.prototype as unknown as Record<
      string,
      (...args: unknown[]) => unknown
    >;
    const { getDeploymentInfo } = client;
    client.getDeploymentInfo = (...args) => {
      client.getDeploymentInfo = getDeploymentInfo as (...args: unknown[]) => unknown;
      const answer = args.at(-1) as (error: Error) => void;
      // Not at once: Pulumi's SDK then looks for errors before there is one.
      const failure = Object.assign(new Error("14 UNAVAILABLE: No connection established"), { code: 14 });
      setTimeout(() => answer(failure), 50);
    };
    assert.deepEqual(await running.plan(), []);
  });

  // One of each kind of effect: set up again, update, delete, nothing, refuse. All of them: npm run drill -- settingChanges
  for (const path of ["adminRanges", "app.count", "storage.keepStorageBox", "budgetEur", "storage.bucket"]) {
    it(`does with a changed ${path} what docs/settings.md says`, async () => {
      const rows = (await readFile(document, "utf8")).split("\n");
      const rendered = await renderRow(running, changeOf(path));
      assert.equal(
        rendered,
        rows.find((row) => row.startsWith(`| \`${path}\` |`)),
        "npm run setting-changes",
      );
    });
  }

  it("has a row of docs/settings.md for every change that is tried", async () => {
    const rows = (await readFile(document, "utf8")).matchAll(/^\| `(\S+)` \|/gm);
    assert.deepEqual(
      [...rows].map(([, path]) => path),
      settingChanges.map(({ path }) => path),
      "npm run setting-changes",
    );
  });

  it("is destroyed at the first try although the agents take the address whenever nobody has it", async () => {
    const before = running.writes().length;
    const agents = takeTheAddress(running.cloud);
    await running.stack.destroy().finally(() => agents.stop());
    assert.ok(agents.taken > 0, "no agent ever took it");
    const writes = running.writes().slice(before);
    // Whoever unassigns it while a load balancer lives has a race with its agent before the deletion.
    assert.deepEqual(
      writes.filter((line) => line.endsWith("/unassign")),
      [],
    );
    const address = writes.findIndex((line) => line.startsWith("DELETE /v1/floating_ips/"));
    assert.ok(
      address > writes.findLastIndex((line) => line.startsWith("DELETE /v1/servers/")),
      String(writes),
    );
    for (const kind of [
      "servers",
      "networks",
      "volumes",
      "floating_ips",
      "firewalls",
      "ssh_keys",
      "storage_boxes",
    ]) {
      assert.deepEqual((await running.cloud.get(`/${kind}`))[kind], [], kind);
    }
  });
});

function changeOf(path: string): SettingChange {
  const change = settingChanges.find((candidate) => candidate.path === path);
  assert.ok(change, path);
  return change;
}

/** Number of a snapshot of an app node. */
async function snapshotOf({ cloud }: EngineStack): Promise<number> {
  const { servers } = await cloud.get("/servers?name=prod-app1");
  const { image, action } = await cloud.ok("POST", `/servers/${servers[0].id}/actions/create_image`, {});
  await cloud.succeeds(action);
  return image.id;
}
