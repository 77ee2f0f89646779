import assert from "node:assert/strict";
import { TestCloud } from "../testCloud";
import { balancersIn } from "./support/balancers";

describe("local cloud API: metrics of load balancers", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await TestCloud.start();
  });
  afterEach(() => cloud.stop());

  const { create, read } = balancersIn(() => cloud);

  it("answers metrics and traffic from what was measured", async () => {
    const row = await create();
    const start = Math.floor(Date.now() / 1000) - 100;
    const sample = (at: number, count: number, open: number) => ({
      at: start + at,
      openConnections: open,
      connections: count,
      requests: 2 * count,
      bytesIn: 100 * count,
      bytesOut: 1000 * count,
    });
    const values = (...pairs: [at: number, value: string][]) => ({
      values: pairs.map(([at, value]) => [start + at, value]),
    });
    cloud.host.samples.set(row.id, [sample(0, 0, 0), sample(10, 50, 3), sample(20, 60, 1)]);
    const iso = (at: number) => new Date((start + at) * 1000).toISOString();
    const query = `start=${iso(0)}&end=${iso(20)}&step=10`;
    const types = "type=open_connections,requests_per_second&type=bandwidth";
    const { metrics } = await cloud.get(`/load_balancers/${row.id}/metrics?${types}&${query}`);
    assert.deepEqual(metrics, {
      start: iso(0),
      end: iso(20),
      step: 10,
      time_series: {
        open_connections: values([0, "0"], [10, "3"], [20, "1"]),
        requests_per_second: values([10, "10"], [20, "2"]),
        "bandwidth.in": values([10, "500"], [20, "100"]),
        "bandwidth.out": values([10, "5000"], [20, "1000"]),
      },
    });
    const { ingoing_traffic, outgoing_traffic } = await read(row);
    assert.deepEqual([ingoing_traffic, outgoing_traffic], [6000, 60_000]);
    for (const wrong of [`type=cpu&${query}`, query, "type=bandwidth", `type=bandwidth&${query}&step=0`]) {
      await cloud.fails("invalid_input", "GET", `/load_balancers/${row.id}/metrics?${wrong}`);
    }
  });
});
