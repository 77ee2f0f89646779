import assert from "node:assert/strict";
import { connectionLimit, type EdgeOptions, requestLimit } from "../../../../components/roles/edge/edge";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { services } from "../app/support/stack";
import { capacityScenario } from "./support/capacity";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

interface Burst {
  /** Most requests that one node worked on at the same time. */
  readonly peak: number;
  readonly statuses: Readonly<Record<string, number>>;
}

interface CapacityResult {
  /** Status of `/healthz` and `/alive`, and whether both came in time. */
  readonly healthOnFullMachine: readonly [number, number, boolean][];
  readonly visitorsAgain: boolean;
  readonly shortBurst: Burst;
  readonly longBurst: Burst;
  readonly streams: Burst;
  readonly upload: { readonly onDisk: number; readonly taken: number };
  readonly download: { readonly onDisk: number };
  readonly log: string;
}

/** The smallest machine, and nodes that work on four requests at a time. */
const options: EdgeOptions = {
  ...edgeOptions,
  machine: { ...edgeOptions.machine, size: { vcpus: 1, memoryGb: 0.5, serverType: undefined } },
  backends: edgeOptions.backends.map((backend) => ({ ...backend, maxRequests: 4 })),
};
const limit = connectionLimit(0.5);

for (const engine of ["haproxy", "nginx"]) {
  describe(`${engine} of Debian 13 at its limits`, function () {
    this.timeout(600_000);
    let result: CapacityResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const scaled = (config: string) => config.replace("timeout queue 10s", "timeout queue 2s");
      const visitors = JSON.stringify({ haproxy: limit + 300, nginx: 0 });
      result = await runScenario<CapacityResult>(engine, capacityScenario, options, scaled, {
        files: { "/tmp/visitors.json": visitors },
      });
    });

    it("gives a node no more requests than it takes, but WebSockets and event streams", () => {
      assert.ok(result.shortBurst.peak <= 4, JSON.stringify(result.shortBurst));
      assert.ok(result.longBurst.peak <= 4, JSON.stringify(result.longBurst));
      assert.deepEqual(result.streams.statuses, { "200": 24 }, result.log);
      assert.ok(result.streams.peak > 4, JSON.stringify(result.streams));
    });

    it("keeps nothing of a visitor's upload or download on its disk", () => {
      assert.deepEqual([result.upload.onDisk, result.download.onDisk], [0, 0], result.log);
      assert.ok(result.upload.taken < 50_000_000, `${result.upload.taken} bytes were taken`);
    });

    if (engine === "haproxy") {
      it("answers for its health while visitors hold every connection that they may have", () => {
        for (const answer of result.healthOnFullMachine)
          assert.deepEqual(answer, [200, 200, true], result.log);
        assert.ok(result.visitorsAgain);
      });

      it("lets requests wait for their turn, and refuses them when it does not come in time", () => {
        assert.deepEqual(result.shortBurst.statuses, { "200": 24 }, result.log);
        assert.deepEqual(Object.keys(result.longBurst.statuses).sort(), ["200", "503"]);
      });
    }
  });
}

describe("nginx", () => {
  it("has room for health beside all visitors with a connection each to a node, in every worker", () => {
    const config = nginxConfig(options);
    const connections = Number(/worker_connections (\d+);/.exec(config)?.[1]);
    const visitors = [...config.matchAll(/limit_conn visitors (\d+);/g)].map((match) => Number(match[1]));
    assert.deepEqual(visitors, [limit]);
    assert.ok(connections >= 2 * limit + 200, `${connections} for ${limit} visitors`);
  });
});

describe("the requests that a node takes at a time", () => {
  it("are 500 for each replica that visitors reach, and at least 1000", () => {
    const { web, worker } = services;
    assert.ok(web !== undefined && worker !== undefined);
    assert.equal(requestLimit(services), 5 * 500);
    assert.equal(requestLimit({ web: { ...web, replicas: 1 }, worker }), 1000);
    assert.equal(requestLimit({}), 1000);
  });
});
