import assert from "node:assert/strict";
import { ControlError } from "../../src/contract/errors";
import { powerFaults } from "../../src/faults/power";
import type { FaultRecord } from "../../src/faults/record";
import { type Json, otherToken, TestCloud } from "../api/testCloud";
import { labSettings } from "../machines/lab";

// What happens to real machines: machines.machines.test.ts.
describe("faults of power", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const faults = () => powerFaults(labSettings("power", 1), cloud.store, cloud.api.runner);
  const failure = (host: number) => faults()["host-failure"].targets({ kind: "host-failure", host });
  const record = (...servers: number[]): FaultRecord<{ kind: "power-off"; server: string }> => ({
    id: 1,
    fault: { kind: "power-off", server: "any" },
    servers,
    began: "",
    ends: "",
  });
  const statusOf = async ({ id }: Json) => (await cloud.get(`/servers/${id}`)).server.status;

  it("a failed host takes at most one member of a spread group (HC-PG3)", async () => {
    const { placement_group: group } = await cloud.ok("POST", "/placement_groups", {
      name: "g",
      type: "spread",
    });
    const members: number[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      members.push((await cloud.server(name, { placement_group: group.id })).id);
    }
    for (const name of ["x", "y", "z"]) await cloud.server(name);
    const all = cloud.store.list("server").map(({ id }) => id);
    const found: number[] = [];
    let failed = 0;
    for (let host = 1; host <= 1000; host++) {
      try {
        const servers = (await failure(host)) as readonly number[];
        assert.ok(servers.filter((id) => members.includes(id)).length <= 1, `host ${host}: ${servers}`);
        found.push(...servers);
        failed++;
      } catch (error) {
        assert.ok(error instanceof ControlError);
        assert.match(error.message, /hosts with servers that run: \d+ \(\d\)/);
      }
    }
    assert.deepEqual(found.sort(), [...all].sort(), "every server stands on exactly one host");
    assert.ok(failed >= members.length);
  });

  it("power returns with an action that starts the server", async () => {
    const server = await cloud.server("a");
    cloud.host.exit(server.id, "killed");
    assert.equal(await statusOf(server), "off");
    await faults()["power-off"].end(record(server.id), []);
    await cloud.api.runner.idle();
    assert.equal(await statusOf(server), "running");
    const { actions } = await cloud.get(`/servers/${server.id}/actions?sort=id:desc`);
    assert.equal(actions[0].command, "start_server");
  });

  it("leaves alone who was powered on meanwhile, and who is gone", async () => {
    const server = await cloud.server("a");
    const starts = cloud.host.count("start");
    await faults()["power-off"].end(record(server.id, 4711), []);
    await cloud.api.runner.idle();
    assert.equal(cloud.host.count("start"), starts);
  });

  it("does not cut power again after a restart of the daemon", async () => {
    const server = await cloud.server("a");
    await faults()["power-off"].resume?.(record(server.id), []);
    assert.equal(await statusOf(server), "running");
  });

  it("only machines that run can lose their power", async () => {
    const server = await cloud.server("a");
    await cloud.act(`/servers/${server.id}/actions/poweroff`);
    assert.throws(
      () => faults()["power-off"].targets({ kind: "power-off", server: "a" }),
      /is off: power it on/,
    );
  });

  it("a name that several projects use needs an id", async () => {
    const one = await cloud.server("a");
    await cloud.ok(
      "POST",
      "/servers",
      { name: "a", server_type: "cx23", image: "debian-13", location: "fsn1" },
      { token: otherToken },
    );
    await cloud.api.runner.idle();
    const targets = (server: string) => faults()["power-off"].targets({ kind: "power-off", server });
    assert.throws(() => targets("a"), /several projects/);
    assert.deepEqual(targets(String(one.id)), [one.id]);
  });
});
