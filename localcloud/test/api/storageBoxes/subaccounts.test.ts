import assert from "node:assert/strict";
import { hold } from "../hold";
import { type Json, TestCloud } from "../testCloud";
import { boxesIn, PASSWORD } from "./support/boxes";

describe("local cloud API: subaccounts of storage boxes", () => {
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

  const { make, subaccount } = boxesIn(() => cloud);

  const host01 = {
    name: "host01",
    description: "host01 backup",
    labels: { a: "b" },
    access_settings: { readonly: true, ssh_enabled: true },
  };
  const assertReadOnlyAccount = (box: Json, username: string, home: string) => {
    const account = cloud.host.storageBoxes.get(box.id)?.accounts[2];
    assert.deepEqual(
      { ...account, passwordHash: "" },
      { username, passwordHash: "", home, readonly: true, ssh: true, external: false },
    );
  };

  it("has subaccounts with homes of their own, one being made at a time (HC-D7)", async () => {
    const box = await make();
    const many = `/storage_boxes/${box.id}/subaccounts`;
    const release = hold(cloud, "settleStorageBox");
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
    const second = await subaccount(box, { home_directory: "my backups/host01", ...host01 });
    assert.equal(second.home_directory, "my backups/host01");
    assertReadOnlyAccount(box, `${box.username}-sub2`, "my backups/host01");
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
});
