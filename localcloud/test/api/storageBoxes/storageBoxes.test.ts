import assert from "node:assert/strict";
import { passwordProblem } from "../../../src/api/storageBoxes/fields";
import type { HostCall } from "../memoryHost";
import { type Json, otherToken, TestCloud } from "../testCloud";

const PASSWORD = "Secret-Passw0rd";
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY someone";
const NEW = { name: "backups", location: "fsn1", storage_box_type: "bx11", password: PASSWORD };

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

  const make = async (more: object = {}): Promise<Json> => {
    const { storage_box, action } = await cloud.ok("POST", "/storage_boxes", { ...NEW, ...more });
    await cloud.succeeds(action);
    return (await cloud.get(`/storage_boxes/${storage_box.id}`)).storage_box;
  };
  const subaccount = async (box: Json, more: object = {}): Promise<Json> => {
    const body = { home_directory: "backups/one", password: PASSWORD, ...more };
    const answer = await cloud.ok("POST", `/storage_boxes/${box.id}/subaccounts`, body);
    await cloud.succeeds(answer.action);
    return (await cloud.get(`/storage_boxes/${box.id}/subaccounts/${answer.subaccount.id}`)).subaccount;
  };
  const snapshot = async (box: Json, more: object = {}): Promise<Json> => {
    const answer = await cloud.ok("POST", `/storage_boxes/${box.id}/snapshots`, more);
    await cloud.succeeds(answer.action);
    return (await cloud.get(`/storage_boxes/${box.id}/snapshots/${answer.snapshot.id}`)).snapshot;
  };
  const holdHost = (method: string) => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    cloud.host.gate = (call: HostCall) => (call.method === method ? released : Promise.resolve());
    return release;
  };

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
    const release = holdHost("settleStorageBox");
    const access_settings = { ssh_enabled: true, zfs_enabled: true };
    const body = { ...NEW, labels: { a: "b" }, ssh_keys: [key], access_settings };
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
    assert.deepEqual([spec?.publicKeys, spec?.size, spec?.snapshotsVisible], [[key], 2 ** 40, true]);
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
    await wrong("ssh_keys.0", { ssh_keys: [`${key}\ncommand="id" ${key}`] });
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

  it("has subaccounts with homes of their own, one being made at a time (HC-D7)", async () => {
    const box = await make();
    const many = `/storage_boxes/${box.id}/subaccounts`;
    const release = holdHost("settleStorageBox");
    const body = { home_directory: "a", password: PASSWORD };
    const { action, subaccount: begun } = await cloud.ok("POST", many, body);
    assert.deepEqual(
      action.resources.map(({ type }: Json) => type),
      ["storage_box", "storage_box_subaccount"],
    );
    assert.equal((await cloud.fails("locked", "POST", many, body)).status, 423);
    await cloud.fails("not_found", "GET", `${many}/${begun.id}`);
    release();
    await cloud.succeeds(action);
    const first = (await cloud.get(`${many}/${begun.id}`)).subaccount;
    assert.deepEqual(
      [first.username, first.name, first.server, first.description],
      [`${box.username}-sub1`, `${box.username}-sub1`, `${box.username}-sub1.your-storagebox.de`, ""],
    );
    const second = await subaccount(box, {
      home_directory: "my backups/host01",
      name: "host01",
      description: "host01 backup",
      labels: { a: "b" },
      access_settings: { readonly: true, ssh_enabled: true },
    });
    assert.equal(second.home_directory, "my backups/host01");
    const account = cloud.host.storageBoxes.get(box.id)?.accounts[2];
    assert.deepEqual(
      { ...account, passwordHash: "" },
      {
        username: `${box.username}-sub2`,
        passwordHash: "",
        home: "my backups/host01",
        readonly: true,
        ssh: true,
        external: false,
      },
    );
    const listed = async (query: string) =>
      (await cloud.get(`${many}?${query}`)).subaccounts.map(({ id }: Json) => id);
    assert.deepEqual(await listed("sort=id:desc"), [second.id, first.id]);
    assert.deepEqual(await listed("name=host01"), [second.id]);
    assert.deepEqual(await listed(`username=${first.username}`), [first.id]);
    assert.deepEqual(await listed("label_selector=a"), [second.id]);
    await cloud.fails("uniqueness_error", "PUT", `${many}/${first.id}`, { name: "host01" });
    const changed = (await cloud.ok("PUT", `${many}/${first.id}`, { name: "new", description: "d" }))
      .subaccount;
    assert.deepEqual([changed.name, changed.description], ["new", "d"]);
  });

  it("changes and deletes subaccounts, and never gives their names again", async () => {
    const box = await make();
    const { id } = await subaccount(box);
    const path = `/storage_boxes/${box.id}/subaccounts/${id}`;
    await cloud.act(`${path}/actions/change_home_directory`, { home_directory: "else/where" });
    await cloud.act(`${path}/actions/reset_subaccount_password`, { password: `${PASSWORD}2` });
    await cloud.act(`${path}/actions/update_access_settings`, { readonly: true });
    const changed = (await cloud.get(path)).subaccount;
    assert.deepEqual([changed.home_directory, changed.access_settings.readonly], ["else/where", true]);
    assert.equal(cloud.host.storageBoxes.get(box.id)?.accounts[1]?.home, "else/where");
    for (const home_directory of ["/etc", "../out", "a/../../b", "a\nb", "a;b", "", "ä", "x".repeat(1000)]) {
      const change = `${path}/actions/change_home_directory`;
      await cloud.fails("invalid_input", "POST", change, { home_directory });
    }
    const { action } = await cloud.ok("DELETE", path);
    await cloud.succeeds(action);
    await cloud.fails("not_found", "GET", path);
    assert.equal(cloud.host.storageBoxes.get(box.id)?.accounts.length, 1);
    assert.equal((await subaccount(box)).username, `${box.username}-sub2`);
    const other = await make({ name: "other" });
    await cloud.fails("not_found", "GET", `/storage_boxes/${other.id}/subaccounts/${id}`);
  });

  it("takes snapshots with labels and sizes, as many as the type allows", async () => {
    const box = await make();
    const many = `/storage_boxes/${box.id}/snapshots`;
    const first = await snapshot(box, { description: "before the change", labels: { a: "b" } });
    assert.deepEqual(
      [first.name, first.description, first.is_automatic, first.labels, first.storage_box],
      ["2026-03-04T10-00-00", "before the change", false, { a: "b" }, box.id],
    );
    assert.equal((await snapshot(box)).name, "2026-03-04T10-00-01", "a second of its own");
    cloud.host.boxUsage.set(box.id, {
      data: 9,
      snapshots: 4,
      bySnapshot: new Map([[first.name, { exclusive: 3, total: 8 }]]),
    });
    assert.deepEqual((await cloud.get(`${many}/${first.id}`)).snapshot.stats, {
      size: 3,
      size_filesystem: 8,
    });
    const changed = (await cloud.ok("PUT", `${many}/${first.id}`, { description: "", labels: {} })).snapshot;
    assert.deepEqual([changed.description, changed.labels], ["", {}]);
    await cloud.fails("invalid_input", "POST", many, { description: "a'b" });
    for (let count = 3; count <= 10; count++) await snapshot(box);
    const error = await cloud.fails("resource_limit_exceeded", "POST", many);
    assert.deepEqual(error.details, { limits: [{ name: "storage_box_snapshot_limit" }] });
    assert.equal((await cloud.get(`${many}?is_automatic=false`)).snapshots.length, 10);
    assert.equal((await cloud.get(`${many}?is_automatic=true`)).snapshots.length, 0);
    await cloud.fails("invalid_input", "GET", `${many}?is_automatic=maybe`);
    await cloud.succeeds((await cloud.ok("DELETE", `${many}/${first.id}`)).action);
    assert.equal(cloud.host.boxSnapshots.get(box.id)?.has(first.name), false);
    await snapshot(box);
  });

  it("rolls back to a snapshot by id or name, and loses the newer ones", async () => {
    const box = await make();
    const [first, second, third] = [await snapshot(box), await snapshot(box), await snapshot(box)];
    const path = `/storage_boxes/${box.id}/actions/rollback_snapshot`;
    const action = await cloud.act(path, { snapshot: second.name });
    assert.deepEqual(action.resources.at(-1), { id: second.id, type: "storage_box_snapshot" });
    const left = (await cloud.get(`/storage_boxes/${box.id}/snapshots`)).snapshots;
    assert.deepEqual(
      left.map(({ id }: Json) => id),
      [first.id, second.id],
    );
    assert.deepEqual([...(cloud.host.boxSnapshots.get(box.id) ?? [])], [first.name, second.name]);
    await cloud.act(path, { snapshot: first.id });
    await cloud.fails("invalid_input", "POST", path, { snapshot: third.name });
  });

  it("follows a snapshot plan by the clock, and keeps as many as it says (HC-D6)", async () => {
    const box = await make();
    const path = `/storage_boxes/${box.id}`;
    const plan = { max_snapshots: 2, minute: 30, hour: 3 };
    const action = await cloud.act(`${path}/actions/enable_snapshot_plan`, plan);
    assert.equal(action.command, "enable_snapshot_plan");
    assert.deepEqual((await cloud.get(path)).storage_box.snapshot_plan, {
      ...plan,
      day_of_week: null,
      day_of_month: null,
    });
    const names = async () => (await cloud.get(`${path}/snapshots`)).snapshots.map(({ name }: Json) => name);
    const at = async (time: string) => {
      now = new Date(time);
      (await cloud.api.background).takeDueSnapshots();
      await cloud.api.runner.idle();
    };
    await at("2026-03-05T03:29:59Z");
    assert.deepEqual(await names(), []);
    await at("2026-03-05T03:30:02Z");
    await at("2026-03-05T03:31:00Z");
    assert.deepEqual(await names(), ["snapshot-daily--2026-03-05T03-30-02"]);
    await at("2026-03-06T03:30:00Z");
    await cloud.restart();
    await at("2026-03-09T12:00:00Z");
    const kept = ["snapshot-daily--2026-03-06T03-30-00", "snapshot-daily--2026-03-09T12-00-00"];
    assert.deepEqual(await names(), kept, "what was missed is made up for once, the oldest went");
    assert.equal((await cloud.get(`${path}/snapshots?is_automatic=true`)).snapshots.length, 2);
    await cloud.act(`${path}/actions/disable_snapshot_plan`);
    assert.equal((await cloud.get(path)).storage_box.snapshot_plan, null);
    await at("2026-03-10T12:00:00Z");
    assert.deepEqual(await names(), kept, "disabling keeps them");
    for (const wrong of [{ max_snapshots: 11 }, { max_snapshots: 0 }, { hour: 24 }, { day_of_week: 0 }]) {
      const body = { ...plan, ...wrong };
      await cloud.fails("invalid_input", "POST", `${path}/actions/enable_snapshot_plan`, body);
    }
  });

  it("goes on with what was running when the API died", async () => {
    const release = holdHost("settleStorageBox");
    const { storage_box } = await cloud.ok("POST", "/storage_boxes", NEW);
    await cloud.restart();
    release();
    await cloud.api.runner.idle();
    assert.equal((await cloud.get(`/storage_boxes/${storage_box.id}`)).storage_box.status, "active");
  });
});
