import assert from "node:assert/strict";
import { passwordProblem } from "../../../src/api/storageBoxes/fields";
import { hold } from "../hold";
import { type Json, otherToken, sshKey, TestCloud } from "../testCloud";
import { boxesIn, NEW, PASSWORD } from "./support/boxes";

describe("local cloud API: storage boxes", () => {
  let cloud: TestCloud;
  let now: Date;
  beforeEach(async () => {
    now = new Date("2026-03-04T10:00:00Z");
    cloud = await TestCloud.start({ clock: () => now });
  });
  afterEach(async () => {
    assert.deepEqual(cloud.problems, []);
    await cloud.stop();
  });

  const { make, subaccount, snapshot } = boxesIn(() => cloud);

  it("lists the types with their dated prices, by id and by name", async () => {
    const { storage_box_types } = await cloud.get("/storage_box_types");
    assert.deepEqual(
      storage_box_types.map(({ name, size }: Json) => [name, size / 2 ** 40]),
      [
        ["bx11", 1],
        ["bx21", 5],
        ["bx31", 10],
        ["bx41", 20],
      ],
    );
    const [bx11] = storage_box_types;
    assert.deepEqual(bx11.prices[0].setup_fee, { net: "0.0000000000", gross: "0.0000000000000000" });
    assert.deepEqual((await cloud.get(`/storage_box_types/${bx11.id}`)).storage_box_type, bx11);
    assert.equal((await cloud.get("/storage_box_types?name=bx21")).storage_box_types.length, 1);
    await cloud.fails("not_found", "GET", "/storage_box_types/1");
  });

  it("is initializing until its action ends, and then has an account, a name and a system (HC-D4)", async () => {
    const release = hold(cloud, "settleStorageBox");
    const access_settings = { ssh_enabled: true, zfs_enabled: true };
    const body = { ...NEW, labels: { a: "b" }, ssh_keys: [sshKey], access_settings };
    const { storage_box, action } = await cloud.ok("POST", "/storage_boxes", body);
    const { status, username, server, system, snapshot_plan } = storage_box;
    assert.deepEqual(
      [status, username, server, system, snapshot_plan],
      ["initializing", null, null, null, null],
    );
    assert.deepEqual(
      [action.command, action.resources],
      ["create", [{ id: storage_box.id, type: "storage_box" }]],
    );
    const path = `/storage_boxes/${storage_box.id}`;
    await cloud.fails("locked", "POST", `${path}/actions/reset_password`, { password: PASSWORD });
    await cloud.fails("locked", "DELETE", path);
    release();
    await cloud.succeeds(action);
    const box = (await cloud.get(path)).storage_box;
    assert.deepEqual(
      [box.status, box.server, box.location.name, box.storage_box_type.name, box.labels],
      ["active", `${box.username}.your-storagebox.de`, "fsn1", "bx11", { a: "b" }],
    );
    assert.deepEqual(box.access_settings, {
      reachable_externally: false,
      samba_enabled: false,
      ssh_enabled: true,
      webdav_enabled: false,
      zfs_enabled: true,
    });
    const spec = cloud.host.storageBoxes.get(box.id);
    assert.deepEqual([spec?.publicKeys, spec?.size, spec?.snapshotsVisible], [[sshKey], 2 ** 40, true]);
    assert.match(spec?.accounts[0]?.passwordHash ?? "", /^\$6\$/);
    assert.deepEqual((await cloud.get(`${path}/actions`)).actions[0].id, action.id);
  });

  it("takes type and location by id, and refuses what does not exist or does not fit", async () => {
    const { storage_box_types } = await cloud.get("/storage_box_types");
    const box = await make({ storage_box_type: storage_box_types[1].id, location: 3 });
    assert.deepEqual([box.storage_box_type.name, box.location.name], ["bx21", "hel1"]);
    const wrong = async (field: string, body: object) => {
      const error = await cloud.fails("invalid_input", "POST", "/storage_boxes", {
        ...NEW,
        name: "x",
        ...body,
      });
      assert.equal(error.details.fields[0].name, field);
      assert.equal(JSON.stringify(error).includes("hunter2"), false, "no password in a message");
    };
    await wrong("storage_box_type", { storage_box_type: "bx99" });
    await wrong("location", { location: "moon1" });
    await wrong("location", { location: "ash" });
    await wrong("password", { password: "hunter2" });
    await wrong("ssh_keys.0", { ssh_keys: [`${sshKey}\ncommand="id" ${sshKey}`] });
    await wrong("labels", { labels: { "hetzner.cloud/a": "b" } });
    await wrong("name", { name: undefined });
    await cloud.fails("uniqueness_error", "POST", "/storage_boxes", NEW);
  });

  it("judges passwords by Hetzner's policy (HC-D5)", () => {
    for (const good of [PASSWORD, "ÄÖÜäöüß0°§^12", `aA1!${"x".repeat(124)}`]) {
      assert.equal(passwordProblem(good), null, good);
    }
    for (const bad of [
      "Short-Pass1",
      `aA1!${"x".repeat(125)}`,
      "no-upper-case-1",
      "NO-LOWER-CASE-1",
      "No-Digit-At-All",
      "NoSpecial12345",
      "With space 123-A",
      "Quote'Secret-1234",
      "Newline-Secret1\n",
    ]) {
      assert.notEqual(passwordProblem(bad), null, bad);
    }
  });

  it("is updated, found by name and label, and sorted by use", async () => {
    const small = await make();
    const large = await make({ name: "large" });
    const usage = (data: number) => ({ data, snapshots: 5, bySnapshot: new Map() });
    cloud.host.boxUsage.set(small.id, usage(10)).set(large.id, usage(20));
    const names = async (query: string) =>
      (await cloud.get(`/storage_boxes?${query}`)).storage_boxes.map(({ name }: Json) => name);
    assert.deepEqual(await names("sort=stats.size:desc"), ["large", "backups"]);
    assert.deepEqual(await names("sort=stats.size_filesystem"), ["backups", "large"]);
    const { stats } = (await cloud.get(`/storage_boxes/${large.id}`)).storage_box;
    assert.deepEqual(stats, { size: 25, size_data: 20, size_snapshots: 5 });
    const path = `/storage_boxes/${small.id}`;
    const { storage_box } = await cloud.ok("PUT", path, { name: "renamed", labels: { env: "test" } });
    assert.deepEqual([storage_box.name, storage_box.labels], ["renamed", { env: "test" }]);
    assert.equal((await cloud.ok("PUT", path, {})).storage_box.name, "renamed");
    assert.deepEqual(await names("label_selector=env"), ["renamed"]);
    assert.deepEqual(await names("name=large"), ["large"]);
    await cloud.fails("uniqueness_error", "PUT", path, { name: "large" });
    await cloud.fails("invalid_input", "GET", "/storage_boxes?sort=size");
    await cloud.fails("not_found", "GET", path, undefined, { token: otherToken });
  });

  it("changes access settings partially, and the password", async () => {
    const box = await make({ access_settings: { webdav_enabled: true } });
    const before = cloud.host.storageBoxes.get(box.id)?.accounts[0]?.passwordHash;
    const actions = `/storage_boxes/${box.id}/actions`;
    await cloud.act(`${actions}/update_access_settings`, { ssh_enabled: true, reachable_externally: true });
    await cloud.act(`${actions}/reset_password`, { password: `${PASSWORD}2` });
    const { access_settings } = (await cloud.get(`/storage_boxes/${box.id}`)).storage_box;
    assert.deepEqual(access_settings, {
      reachable_externally: true,
      samba_enabled: false,
      ssh_enabled: true,
      webdav_enabled: true,
      zfs_enabled: false,
    });
    const account = cloud.host.storageBoxes.get(box.id)?.accounts[0];
    assert.deepEqual([account?.ssh, account?.external], [true, true]);
    assert.notEqual(account?.passwordHash, before);
    await cloud.fails("invalid_input", "POST", `${actions}/reset_password`, { password: "weak" });
    await cloud.fails("invalid_input", "POST", `${actions}/update_access_settings`, { ssh_enabled: "yes" });
    const stored =
      JSON.stringify(cloud.store.list("action")) + JSON.stringify(cloud.store.list("storage_box"));
    assert.equal(stored.includes(PASSWORD), false, "no password is stored in clear");
  });

  it("grows, and shrinks to no less than is used (HC-D6)", async () => {
    const box = await make();
    const path = `/storage_boxes/${box.id}/actions/change_type`;
    await cloud.act(path, { storage_box_type: "bx21" });
    assert.equal(cloud.host.storageBoxes.get(box.id)?.size, 5 * 2 ** 40);
    cloud.host.boxUsage.set(box.id, { data: 2 ** 40, snapshots: 1, bySnapshot: new Map() });
    const error = await cloud.fails("invalid_input", "POST", path, { storage_box_type: "bx11" });
    assert.match(error.message, /1099511627777 bytes are used/);
    cloud.host.boxUsage.set(box.id, { data: 2 ** 39, snapshots: 1, bySnapshot: new Map() });
    await cloud.act(path, { storage_box_type: "bx11" });
    assert.equal((await cloud.get(`/storage_boxes/${box.id}`)).storage_box.storage_box_type.name, "bx11");
    cloud.host.failure = ({ method }) => (method === "settleStorageBox" ? "too full" : null);
    const { action } = await cloud.ok("POST", path, { storage_box_type: "bx31" });
    assert.deepEqual((await cloud.ended(action)).error, { code: "action_failed", message: "too full" });
    assert.equal((await cloud.get(`/storage_boxes/${box.id}`)).storage_box.storage_box_type.name, "bx11");
  });

  it("is protected from deletion, and goes with all that it holds", async () => {
    const box = await make();
    const path = `/storage_boxes/${box.id}`;
    await subaccount(box);
    await snapshot(box);
    await cloud.act(`${path}/actions/change_protection`, { delete: true });
    assert.equal((await cloud.get(path)).storage_box.protection.delete, true);
    assert.equal((await cloud.fails("protected", "DELETE", path)).status, 423);
    await cloud.act(`${path}/actions/change_protection`, { delete: false });
    const { status, body } = await cloud.call("DELETE", path);
    assert.deepEqual([status, body.action.command], [201, "delete"]);
    await cloud.succeeds(body.action);
    await cloud.fails("not_found", "GET", path);
    assert.equal(cloud.host.storageBoxes.size, 0);
    for (const kind of ["storage_box", "storage_box_subaccount", "storage_box_snapshot"] as const) {
      assert.equal(cloud.store.list(kind).length, 0, kind);
    }
  });

  it("lists folders inside itself only", async () => {
    const box = await make();
    cloud.host.boxFolders.set("", ["offsite", "photos"]).set("photos/2024", ["may"]);
    const path = `/storage_boxes/${box.id}/folders`;
    assert.deepEqual((await cloud.get(path)).folders, ["offsite", "photos"]);
    assert.deepEqual((await cloud.get(`${path}?path=./photos//2024/`)).folders, ["may"]);
    await cloud.fails("not_found", "GET", `${path}?path=none`);
    for (const trick of ["..", "photos/../../etc", "a%00b"]) {
      const error = await cloud.fails("invalid_input", "GET", `${path}?path=${trick}`);
      assert.equal(error.details.fields[0].name, "path");
    }
  });

  it("goes on with what was running when the API died", async () => {
    const release = hold(cloud, "settleStorageBox");
    const { storage_box } = await cloud.ok("POST", "/storage_boxes", NEW);
    await cloud.restart();
    release();
    await cloud.api.runner.idle();
    assert.equal((await cloud.get(`/storage_boxes/${storage_box.id}`)).storage_box.status, "active");
  });
});
