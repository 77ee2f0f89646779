import assert from "node:assert/strict";
import { stepFor } from "../../../../src/api/servers/actions/metrics";
import { seriesByMetric, seriesNames } from "../../../../src/metrics/series";
import { type Json, TestCloud } from "../../testCloud";

const START = Date.parse("2026-03-01T10:00:00Z") / 1000;
const hour = "start=2026-03-01T10:00:00Z&end=2026-03-01T11:00:00Z";

describe("local cloud API: metrics of servers", () => {
  let cloud: TestCloud;
  let id: number;
  const metrics = async (query: string): Promise<Json> =>
    (await cloud.get(`/servers/${id}/metrics?${query}`)).metrics;

  before(async () => {
    cloud = await TestCloud.start();
    id = (await cloud.server("a")).id;
    const points = Array.from({ length: 360 }, (_, index) => ({
      time: START + 10 * index,
      seconds: 10,
      rates: seriesNames.map((_name, series) => series * 1000 + index),
    }));
    cloud.host.points.set(id, points);
  });
  after(() => cloud.stop());

  it("answers averages of each step, as texts at Unix seconds", async () => {
    const answer = await metrics(`type=cpu&${hour}&step=60`);
    assert.deepEqual([answer.step, Date.parse(answer.start) / 1000], [60, START]);
    const { values } = answer.time_series.cpu;
    assert.equal(values.length, 60);
    assert.deepEqual(values.slice(0, 2), [
      [START, "2.5"],
      [START + 60, "8.5"],
    ]);
  });

  it("takes types repeated and by comma, and answers their series only", async () => {
    const both = [...seriesByMetric.cpu, ...seriesByMetric.network];
    for (const type of ["type=cpu&type=network", "type=cpu,network", "type=network,cpu"]) {
      const { time_series: series } = await metrics(`${type}&${hour}`);
      assert.deepEqual(Object.keys(series), both);
    }
    const disk = (await metrics(`type=disk&${hour}&step=3600`)).time_series;
    assert.deepEqual(Object.keys(disk), [...seriesByMetric.disk]);
    assert.deepEqual(disk["disk.0.bandwidth.write"].values, [[START, "4179.5"]]);
  });

  it("chooses a step for 200 samples, and never answers more than 500", async () => {
    assert.equal((await metrics(`type=cpu&${hour}`)).step, 18);
    assert.equal((await metrics(`type=cpu&${hour}&step=1`)).step, 8);
    assert.deepEqual([stepFor(100, undefined), stepFor(500, 1), stepFor(501, 1)], [1, 1, 2]);
    const { values } = (await metrics(`type=cpu&${hour}&step=1`)).time_series.cpu;
    assert.ok(values.length <= 500);
  });

  it("has no sample where nothing was seen", async () => {
    const { time_series: series } = await metrics(
      "type=cpu&start=2026-03-01T08:00:00Z&end=2026-03-01T09:00:00Z",
    );
    assert.deepEqual(series, { cpu: { values: [] } });
    const half = await metrics("type=cpu&start=2026-03-01T09:30:00Z&end=2026-03-01T10:30:00Z&step=1800");
    assert.deepEqual(half.time_series.cpu.values, [[START, "89.5"]]);
  });

  it("takes times with an offset, encoded or not", async () => {
    for (const plus of ["%2B", "+"]) {
      const start = `2026-03-01T11:00:00${plus}01:00`;
      const answer = await metrics(`type=cpu&start=${start}&end=2026-03-01T11:00:00.500Z`);
      assert.equal(Date.parse(answer.start) / 1000, START);
    }
  });

  const bad: [string, string, string][] = [
    ["no type", hour, "type"],
    ["an unknown type", `type=cpu,memory&${hour}`, "type"],
    ["no start", "type=cpu&end=2026-03-01T11:00:00Z", "start"],
    ["a day as start", "type=cpu&start=2026-03-01&end=2026-03-01T11:00:00Z", "start"],
    ["no end", "type=cpu&start=2026-03-01T11:00:00Z", "end"],
    ["an end before the start", "type=cpu&start=2026-03-01T11:00:00Z&end=2026-03-01T10:00:00Z", "end"],
    ["step 0", `type=cpu&${hour}&step=0`, "step"],
    ["a step that is no number", `type=cpu&${hour}&step=1m`, "step"],
  ];
  for (const [what, query, field] of bad) {
    it(`refuses ${what}`, async () => {
      const error = await cloud.fails("invalid_input", "GET", `/servers/${id}/metrics?${query}`);
      assert.equal(error.details.fields[0].name, field);
    });
  }

  it("knows only servers of its project", async () => {
    await cloud.fails("not_found", "GET", `/servers/4711/metrics?type=cpu&${hour}`);
    await cloud.fails("not_found", "GET", `/servers/${id}/metrics?type=cpu&${hour}`, undefined, {
      token: "b".repeat(64),
    });
  });
});
