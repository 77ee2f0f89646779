import assert from "node:assert/strict";
import { average, createHistory } from "../../src/metrics/history";
import { Sampler } from "../../src/metrics/sampler";
import { type MachineCounters, ratesBetween, seriesNames } from "../../src/metrics/series";

const zero: MachineCounters = {
  cpuNanoseconds: 0,
  disk: { reads: 0, writes: 0, readBytes: 0, writtenBytes: 0 },
  network: { receivedPackets: 0, sentPackets: 0, receivedBytes: 0, sentBytes: 0 },
};
const used: MachineCounters = {
  cpuNanoseconds: 15e9,
  disk: { reads: 10, writes: 20, readBytes: 4096, writtenBytes: 8192 },
  network: { receivedPackets: 30, sentPackets: 40, receivedBytes: 5000, sentBytes: 6000 },
};
const named = (rates: readonly number[]) =>
  Object.fromEntries(seriesNames.map((name, index) => [name, rates[index]]));
const flat = (value: number) => seriesNames.map(() => value);

describe("metrics of machines", () => {
  it("turns counters into rates: one and a half cores are 150 percent", () => {
    assert.deepEqual(named(ratesBetween(zero, used, 10)), {
      cpu: 150,
      "disk.0.iops.read": 1,
      "disk.0.iops.write": 2,
      "disk.0.bandwidth.read": 409.6,
      "disk.0.bandwidth.write": 819.2,
      "network.0.pps.in": 3,
      "network.0.pps.out": 4,
      "network.0.bandwidth.in": 500,
      "network.0.bandwidth.out": 600,
    });
  });

  it("takes all of a counter that began anew with a boot", () => {
    const later = { ...used, cpuNanoseconds: 5e9 };
    assert.equal(named(ratesBetween(used, later, 10)).cpu, 50);
    assert.equal(named(ratesBetween(null, later, 10)).cpu, 50);
  });

  it("says nothing about a disk that the host does not count", () => {
    const rates = named(ratesBetween({ ...zero, disk: null }, { ...used, disk: null }, 10));
    assert.ok(Number.isNaN(rates["disk.0.iops.read"]));
    assert.equal(rates.cpu, 150);
  });

  it("keeps an hour exactly and a month as averages, in bounded memory", () => {
    const history = createHistory();
    const begin = 1_800_000_000;
    const seconds = 40 * 24 * 3600;
    for (let time = begin; time < begin + seconds; time += 10) {
      history.add({ time, seconds: 10, rates: flat(time % 240) });
    }
    const now = begin + seconds;
    const fine = history.since(now - 3000);
    assert.equal(fine.at(-1)?.time, now - 10);
    assert.equal((fine[1]?.time ?? 0) - (fine[0]?.time ?? 0), 10);
    const day = history.since(now - 80_000);
    assert.equal((day[1]?.time ?? 0) - (day[0]?.time ?? 0), 120);
    const month = history.since(now - 30 * 24 * 3600);
    assert.ok(month.length <= 721, `${month.length} points`);
    assert.ok((month[0]?.time ?? 0) <= now - 29 * 24 * 3600);
    assert.equal(month[5]?.rates[0], 115);
  });

  it("keeps samples of a busy host apart, and weighs each by its duration", () => {
    const history = createHistory();
    for (const [time, seconds] of [
      [20.1, 10],
      [29.9, 9.8],
      [50, 20.1],
    ] as const) {
      history.add({ time, seconds, rates: flat(time) });
    }
    assert.deepEqual(
      history.since(0).map(({ time }) => time),
      [20.1, 29.9, 50],
    );
    const late = [
      { time: 10, seconds: 10, rates: flat(100) },
      { time: 40, seconds: 30, rates: flat(20) },
    ];
    assert.deepEqual(average(late), { time: 40, seconds: 40, rates: flat(40) });
  });

  it("samples every server, with nothing used by one that is off, and forgets who is gone", async () => {
    let [now, servers] = [1_000_000, [1, 2]];
    let counters = new Map([[1, zero]]);
    const sampler = new Sampler({
      counters: async () => counters,
      servers: () => servers,
      now: () => now,
      onProblem: assert.fail,
    });
    await sampler.sample();
    assert.deepEqual(sampler.pointsOf(1, 0), [], "one look has no rate");
    now += 10_000;
    counters = new Map([[1, used]]);
    await sampler.sample();
    assert.deepEqual(
      sampler.pointsOf(1, 0).map(({ time, rates }) => [time, rates[0]]),
      [[1010, 150]],
    );
    assert.deepEqual(sampler.pointsOf(2, 0), [{ time: 1010, seconds: 10, rates: flat(0) }]);
    servers = [2];
    now += 10_000;
    await sampler.sample();
    assert.deepEqual(sampler.pointsOf(1, 0), []);
    assert.equal(sampler.pointsOf(2, 0).length, 2);
  });
});
