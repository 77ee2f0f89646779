import assert from "node:assert/strict";
import { type Json, TestCloud } from "../testCloud";
import { boxesIn } from "./support/boxes";

describe("local cloud API: snapshots of storage boxes", () => {
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

  const { make, snapshot } = boxesIn(() => cloud);

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
});
