import assert from "node:assert/strict";
import { createApiFaults } from "../../../src/api";
import { TestCloud } from "../testCloud";

describe("local cloud API: faults of actions", () => {
  let cloud: TestCloud;
  let faults: ReturnType<typeof createApiFaults>;

  beforeEach(async () => {
    faults = createApiFaults();
    cloud = await TestCloud.start({}, faults);
  });
  afterEach(() => cloud.stop());

  const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
  const statusOf = async (id: number) => (await cloud.get(`/actions/${id}`)).action.status;

  it("a stuck action runs, holds its lock and does nothing until the fault ends (HC-X8, HC-K4)", async () => {
    const server = await cloud.server("a");
    const stops = () => cloud.host.count("powerOff");
    const before = stops();
    faults.begin(1, { kind: "api", effect: "stuck-action", pattern: "stop_*" });
    const { action } = await cloud.ok("POST", `/servers/${server.id}/actions/poweroff`);
    await pause();
    assert.equal(await statusOf(action.id), "running");
    assert.equal(stops(), before);
    assert.equal(faults.hits(1), 1);
    await cloud.fails("locked", "POST", `/servers/${server.id}/actions/reboot`);
    faults.end(1);
    await cloud.succeeds(action);
    assert.equal(stops(), before + 1);
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.status, "off");
  });

  it("a stuck action stays stuck over a restart, as long as its fault does", async () => {
    const server = await cloud.server("a");
    faults.begin(1, { kind: "api", effect: "stuck-action" });
    const { action } = await cloud.ok("POST", `/servers/${server.id}/actions/poweroff`);
    await pause();
    // As the daemon does: what is on record is in force before the actions go on.
    faults = createApiFaults();
    faults.begin(1, { kind: "api", effect: "stuck-action" });
    cloud.faults = faults;
    await cloud.restart();
    await pause();
    assert.equal(await statusOf(action.id), "running");
    faults.end(1);
    await cloud.succeeds(action);
  });

  it("a failed action ends with status error and its resource stays half made (HC-X9)", async () => {
    faults.begin(1, { kind: "api", effect: "failed-action", pattern: "create_server", count: 1 });
    const body = { name: "a", server_type: "cx23", image: "debian-13", location: "fsn1" };
    const { action, server } = await cloud.ok("POST", "/servers", body);
    const ended = await cloud.ended(action);
    assert.equal(ended.status, "error");
    assert.equal(ended.error.code, "action_failed");
    assert.equal((await cloud.get(`/servers/${server.id}`)).server.name, "a");
    assert.equal(cloud.host.machines.size, 0);
    assert.equal((await cloud.server("b")).status, "running", "one was to fail, not two");
  });

  it("actions that end within their request meet faults too", async () => {
    const { volume } = await cloud.ok("POST", "/volumes", { name: "v", size: 10, location: "fsn1" });
    await cloud.api.runner.idle();
    const protect = `/volumes/${volume.id}/actions/change_protection`;
    assert.equal((await cloud.ok("POST", protect, { delete: true })).action.status, "success");
    faults.begin(1, { kind: "api", effect: "failed-action", pattern: "change_protection" });
    const { action } = await cloud.ok("POST", protect, { delete: false });
    assert.equal((await cloud.ended(action)).status, "error");
    assert.equal((await cloud.get(`/volumes/${volume.id}`)).volume.protection.delete, true);
  });

  it("leaves other commands and other projects alone", async () => {
    faults.begin(1, { kind: "api", effect: "failed-action", pattern: "delete_*" });
    faults.begin(2, { kind: "api", effect: "failed-action", project: "two" });
    assert.equal((await cloud.server("a")).status, "running");
    assert.deepEqual([faults.hits(1), faults.hits(2)], [0, 0]);
  });
});
