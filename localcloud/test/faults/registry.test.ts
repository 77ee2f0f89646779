import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fault } from "../../src/contract/control";
import { readFaultFile } from "../../src/faults/record";
import {
  type FaultDriver,
  type FaultDrivers,
  type FaultRegistry,
  openFaultRegistry,
} from "../../src/faults/registry";
import { eventually } from "../support/eventually";

describe("registry of faults", () => {
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  const path = join(folder, "faults.json");
  const open: FaultRegistry[] = [];
  let calls: string[];
  let problems: string[];
  let failure: (call: string) => Error | undefined;

  beforeEach(() => {
    calls = [];
    problems = [];
    failure = () => undefined;
  });
  afterEach(() => {
    for (const registry of open.splice(0)) registry.close();
    rmSync(path, { force: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  const called = async (call: string) => {
    calls.push(call);
    const error = failure(call);
    if (error !== undefined) throw error;
  };
  const driver = <F extends Fault>(name: string, more: Partial<FaultDriver<F>> = {}): FaultDriver<F> => ({
    targets: () => [7],
    begin: ({ id }, active) => called(`begin ${name} ${id} of ${active.length}`),
    end: ({ id }, active) => called(`end ${name} ${id} of ${active.length}`),
    ...more,
  });
  const registry = async (): Promise<FaultRegistry> => {
    const drivers: FaultDrivers = {
      api: driver("api", { hits: ({ id }) => id * 100 }),
      "power-off": driver("power", { resume: ({ id }) => called(`resume power ${id}`) }),
      freeze: driver("freeze"),
      partition: driver("partition"),
      network: driver("network"),
      "full-disk": driver("disk"),
      "clock-shift": driver("clock", {
        targets: () => {
          throw new Error("cannot be");
        },
      }),
      metadata: driver("metadata"),
      "host-failure": driver("host"),
    };
    const made = await openFaultRegistry({ path, drivers, onProblem: (problem) => problems.push(problem) });
    open.push(made);
    return made;
  };
  const freeze: Fault = { kind: "freeze", server: "a" };
  const recorded = async () => (await readFaultFile(path)).records.map(({ id }) => id);

  it("ends a fault by itself, and takes it off the record", async () => {
    const faults = await registry();
    const { id, summary, began, ends } = await faults.begin({ fault: freeze, seconds: 1 });
    assert.equal(summary, "a is frozen");
    assert.equal(Date.parse(ends) - Date.parse(began), 1000);
    assert.deepEqual(await recorded(), [id]);
    await eventually(() => faults.list().length === 0, "it ends");
    // Timers keep whole milliseconds, of another clock.
    assert.ok(Date.now() >= Date.parse(ends) - 5, "not before its time");
    await eventually(async () => (await recorded()).length === 0, "it is off the record");
    assert.deepEqual(calls, ["begin freeze 1 of 1", "end freeze 1 of 0"]);
  });

  it("lasts a minute when nothing else is said", async () => {
    const { began, ends } = await (await registry()).begin({ fault: freeze });
    assert.equal(Date.parse(ends) - Date.parse(began), 60_000);
  });

  it("ends once, by hand too, and never uses a number again", async () => {
    const faults = await registry();
    const { id } = await faults.begin({ fault: freeze });
    assert.equal(await faults.end(id), true);
    assert.equal(await faults.end(id), false);
    assert.equal((await faults.begin({ fault: freeze })).id, id + 1);
    await faults.end(id + 1);
    assert.equal((await (await registry()).begin({ fault: freeze })).id, id + 2);
  });

  it("leaves nothing of a fault that is refused, or that could not be brought about", async () => {
    const faults = await registry();
    await assert.rejects(
      faults.begin({ fault: { kind: "clock-shift", server: "a", seconds: 5 } }),
      /cannot be/,
    );
    assert.deepEqual(calls, []);
    failure = (call) => (call.startsWith("begin") ? new Error("half made") : undefined);
    await assert.rejects(faults.begin({ fault: freeze }), /half made/);
    assert.deepEqual(calls, ["begin freeze 1 of 1", "end freeze 1 of 0"], "the half is taken back");
    assert.deepEqual(faults.list(), []);
    assert.deepEqual(await recorded(), []);
  });

  it("keeps a fault that could not be taken back listed, and tries again", async () => {
    const faults = await registry();
    failure = (call) => (call.startsWith("end") ? new Error("busy") : undefined);
    await faults.begin({ fault: freeze, seconds: 1 });
    await eventually(() => problems.length > 0, "it was tried");
    assert.equal(faults.list().length, 1);
    assert.match(problems[0] ?? "", /fault 1 \(a is frozen\) could not be ended: Error: busy/);
    failure = () => undefined;
    await eventually(() => faults.list().length === 0, "it is tried again");
    await eventually(async () => (await recorded()).length === 0, "it is off the record");
  });

  it("is found again after the death of its daemon: expired faults end, others go on", async () => {
    const dead = await registry();
    const short = await dead.begin({ fault: freeze, seconds: 1 });
    const long = await dead.begin({
      fault: { kind: "partition", server: "a", from: "private" },
      seconds: 50,
    });
    const power = await dead.begin({ fault: { kind: "power-off", server: "a" }, seconds: 50 });
    dead.close();
    await eventually(() => Date.now() > Date.parse(short.ends), "the short one is over");
    calls = [];

    const next = await registry();
    await next.resume();
    await eventually(() => calls.length >= 3, "the driver was called for each");
    await eventually(async () => (await recorded()).length === 2, "the expired one is off the record");
    assert.deepEqual(
      next.list().map(({ id, ends }) => [id, ends]),
      [
        [long.id, long.ends],
        [power.id, power.ends],
      ],
    );
    assert.deepEqual(await recorded(), [long.id, power.id]);
    assert.deepEqual(calls.sort(), [
      `begin partition ${long.id} of 3`,
      `end freeze ${short.id} of 2`,
      `resume power ${power.id}`,
    ]);
  });

  it("is still found when a fault cannot be brought about again", async () => {
    const dead = await registry();
    const { id } = await dead.begin({ fault: freeze, seconds: 50 });
    dead.close();
    failure = (call) => (call.startsWith("begin") ? new Error("the machine is gone") : undefined);
    const next = await registry();
    await next.resume();
    assert.match(problems[0] ?? "", /is not in force: Error: the machine is gone/);
    assert.equal(await next.end(id), true);
  });

  it("lists a fault until it is taken back", async () => {
    const faults = await registry();
    const { id } = await faults.begin({ fault: freeze });
    let listed = 0;
    failure = () => {
      listed = faults.list().length;
      return undefined;
    };
    await faults.end(id);
    assert.deepEqual([listed, faults.list().length], [1, 0]);
  });

  it("brings faults about one after the other", async () => {
    const faults = await registry();
    const begun = await Promise.all([1, 2, 3].map(() => faults.begin({ fault: freeze })));
    assert.deepEqual(calls, ["begin freeze 1 of 1", "begin freeze 2 of 2", "begin freeze 3 of 3"]);
    await Promise.all(begun.map(({ id }) => faults.end(id)));
    assert.deepEqual(faults.list(), []);
  });

  it("shows how many requests a fault of the API met", async () => {
    const faults = await registry();
    await faults.begin({ fault: { kind: "api", effect: "timeout" } });
    assert.equal(faults.list()[0]?.hits, 100);
  });
});
