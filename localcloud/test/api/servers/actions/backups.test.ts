import assert from "node:assert/strict";
import { dueSince } from "../../../../src/api/servers/actions/backupWindow";
import { type Json, TestCloud } from "../../testCloud";

const at = (text: string) => Date.parse(`2026-03-${text}Z`);

describe("local cloud API: backup windows", () => {
  const table: [string, string, string, string | null][] = [
    ["before", "22-02", "10T21:59:59", null],
    ["at the beginning", "22-02", "10T22:00:00", "10T22:00:00"],
    ["after midnight", "22-02", "11T01:59:59", "10T22:00:00"],
    ["at the end", "22-02", "11T02:00:00", null],
    ["in one day", "02-06", "11T03:00:00", "11T02:00:00"],
    ["in a whole day", "00-00", "11T23:00:00", "11T00:00:00"],
    ["for a text that is none", "26-02", "11T01:00:00", null],
  ];
  for (const [when, window, now, since] of table) {
    it(`answers ${since ?? "nothing"} ${when} (${window})`, () => {
      assert.equal(dueSince(window, 240, at(now)), since === null ? null : at(since));
    });
  }

  it("gives servers different moments in the first half of the window", () => {
    assert.equal(dueSince("22-02", 240 + 119, at("10T23:58:59")), null);
    assert.equal(dueSince("22-02", 240 + 119, at("10T23:59:00")), at("10T22:00:00"));
  });
});

describe("local cloud API: backups", () => {
  let cloud: TestCloud;
  let id: number;
  let now: number;
  const backups = async () => (await cloud.get(`/images?type=backup&bound_to=${id}`)).images;
  const tick = async (time: number) => {
    now = time;
    (await cloud.api.background).clock.tick();
    await cloud.api.runner.idle();
  };

  beforeEach(async () => {
    now = at("10T12:00:00");
    cloud = await TestCloud.start({ clock: () => new Date(now) });
    id = (await cloud.server("a")).id;
  });
  afterEach(() => cloud.stop());

  it("makes one backup a day in the window, and none without being asked to", async () => {
    await tick(at("11T00:30:00"));
    assert.deepEqual(await backups(), []);
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    assert.equal((await cloud.get(`/servers/${id}`)).server.backup_window, "22-02");
    await tick(at("11T12:00:00"));
    assert.deepEqual(await backups(), [], "outside of the window");
    await tick(at("12T00:30:00"));
    await tick(at("12T00:45:00"));
    const [backup, ...more] = await backups();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [backup.type, backup.status, backup.bound_to, backup.created_from.id, backup.description],
      ["backup", "available", id, id, "Backup 2026-03-12"],
    );
    assert.ok(cloud.host.snapshots.has(backup.id));
    const { actions } = await cloud.get(`/servers/${id}/actions?sort=id:desc`);
    assert.equal(actions[0].command, "create_image");
    await tick(at("13T00:30:00"));
    assert.equal((await backups()).length, 2);
  });

  it("keeps seven, the oldest goes", async () => {
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    await tick(at("11T00:30:00"));
    const [{ id: oldest }] = await backups();
    for (let day = 12; day <= 18; day++) await tick(at(`${day}T00:30:00`));
    const kept = await backups();
    assert.equal(kept.length, 7);
    assert.ok(!kept.some((backup: Json) => backup.id === oldest));
    assert.ok(!cloud.host.snapshots.has(oldest));
  });

  it("does not back up twice in one window when the local cloud starts again", async () => {
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    await tick(at("11T00:30:00"));
    await cloud.restart();
    await tick(at("11T01:30:00"));
    assert.equal((await backups()).length, 1);
  });

  it("waits while the server is locked", async () => {
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    let release: () => void = () => undefined;
    cloud.host.gate = ({ method }) =>
      method === "powerOff" ? new Promise((resolve) => (release = resolve)) : Promise.resolve();
    const { action } = await cloud.ok("POST", `/servers/${id}/actions/poweroff`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now = at("11T00:30:00");
    (await cloud.api.background).clock.tick();
    assert.deepEqual(await backups(), []);
    release();
    await cloud.succeeds(action);
    await tick(at("11T00:31:00"));
    assert.equal((await backups()).length, 1, "of a server that is off, too");
  });

  it("deletes all backups when they are disabled", async () => {
    await cloud.act(`/servers/${id}/actions/enable_backup`);
    await tick(at("11T00:30:00"));
    await cloud.act(`/servers/${id}/actions/disable_backup`);
    await cloud.api.runner.idle();
    assert.deepEqual(await backups(), []);
    assert.equal(cloud.host.snapshots.size, 0);
    assert.equal((await cloud.get(`/servers/${id}`)).server.backup_window, null);
    await tick(at("12T00:30:00"));
    assert.deepEqual(await backups(), []);
  });

  it("shows an image that failed as unavailable, and boots nothing from it", async () => {
    cloud.host.failure = ({ method }) => (method === "createSnapshot" ? "disk is full" : null);
    const { image, action } = await cloud.ok("POST", `/servers/${id}/actions/create_image`);
    assert.equal((await cloud.ended(action)).status, "error");
    assert.equal((await cloud.get(`/images/${image.id}`)).image.status, "unavailable");
    await cloud.fails("resource_unavailable", "POST", "/servers", {
      name: "b",
      server_type: "cx23",
      image: image.id,
    });
  });
});
