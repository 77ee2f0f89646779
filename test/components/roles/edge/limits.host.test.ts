import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { whyNoDebian13 } from "./support/debian13";
import { inSharedNetwork, limitsScenario, patienceScenario, peerConfig } from "./support/limits";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

type Visit = readonly [status: number, retryAfter: string | null];

interface LimitsResult {
  readonly burst: readonly Visit[];
  readonly seconds: number;
  readonly paths: Readonly<Record<string, number>>;
  readonly state: number;
  readonly otherClient: number;
  readonly firstOfNetwork: readonly number[];
  readonly sameNetwork: number;
  readonly otherNetwork: number;
  readonly atATime: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly besidesThem: number;
  readonly connectionsAgain: boolean;
  /** Requests that were answered before the first refused one; null: none was refused. */
  readonly answeredByPeer: number | null;
  readonly otherClientOfPeer: number;
  readonly reload: readonly [number, string];
  readonly answeredAfterReload: number | null;
  readonly asksPeer: readonly number[];
  readonly answeredAfterPeer: number | null;
  readonly log: string;
}

interface PatienceResult {
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  readonly told: string;
  readonly afterwards: number;
  readonly log: string;
}

const burst = 60;
const connections = 8;

/** A minute has room for the whole test: nothing is given back before it ends. */
const options: EdgeOptions = {
  ...edgeOptions,
  ipv6: true,
  limits: {
    enabled: true,
    requestsPerSecond: 1,
    burst,
    connections,
    unlimitedPaths: ["/health", "/assets"],
  },
};

for (const engine of ["haproxy", "nginx"]) {
  const isHaproxy = engine === "haproxy";
  describe(`limits of a client of ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: LimitsResult;
    let patience: PatienceResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      result = await runScenario<LimitsResult>(engine, limitsScenario, options, inSharedNetwork, {
        files: {
          "/tmp/limits.json": JSON.stringify([burst, connections]),
          "/tmp/edge2.cfg": peerConfig(options),
        },
      });
      const quick: EdgeOptions = {
        ...edgeOptions,
        limits: { enabled: true, requestsPerSecond: 20, burst: 40, connections, unlimitedPaths: [] },
      };
      patience = await runScenario<PatienceResult>(engine, patienceScenario, quick);
    });

    it(`${isHaproxy ? "S3-113, S2-28" : "nginx"}: are a number of requests for each address, then 429 and when to come again`, () => {
      const statuses = result.burst.map(([status]) => status);
      const answered = statuses.filter((status) => status === 200).length;
      const filledUp = isHaproxy ? 0 : Math.ceil(result.seconds);
      assert.ok(answered >= burst && answered <= burst + filledUp, `${answered}: ${result.log}`);
      assert.deepEqual(statuses.slice(0, burst), Array(burst).fill(200));
      const told = isHaproxy ? "60" : "1";
      assert.deepEqual(result.burst.at(-1), [429, told]);
      assert.equal(result.otherClient, 200);
    });

    it("do not count health, assets and the pair's own questions, by whatever name another path goes", () => {
      const { "/healthy": longer, ...rest } = result.paths;
      assert.equal(longer, 429);
      for (const [path, status] of Object.entries(rest)) {
        assert.equal(status, path.includes("/../") || path.includes("%") ? 429 : 200, path);
      }
      assert.equal(result.state, 200);
    });

    it("take an IPv6 network of 64 bits for one client", () => {
      assert.deepEqual(new Set(result.firstOfNetwork), new Set([200]));
      assert.equal(result.sameNetwork, 429);
      assert.equal(result.otherNetwork, 200);
    });

    it("let a client that asks too often have what is allowed, and answer it once it has waited", () => {
      const { answered, asked, told, afterwards } = patience;
      assert.equal(answered + patience.refused, asked, JSON.stringify(patience));
      assert.ok(asked > 400, `only ${asked} requests were sent: the limit was not reached`);
      // 40 at once and 20 in each of six seconds; half of these at least, where refused ones do not count.
      assert.ok(answered >= 100 && answered <= 180, `${answered} of ${asked}`);
      assert.equal(told, isHaproxy ? "2" : "1");
      assert.equal(afterwards, 200);
    });

    if (!isHaproxy) return;
    it("S2-28: are a number of connections for each address, and of requests that come over one by HTTP/2", () => {
      assert.equal(result.connections, connections, result.log);
      assert.equal(result.besidesThem, 200);
      assert.ok(result.connectionsAgain);
      // curl sends a first one before it knows that others may come beside it.
      const { "200": answered = 0, "429": refused } = result.atATime;
      assert.ok(answered === connections || answered === connections + 1, JSON.stringify(result.atATime));
      assert.equal(refused, 3 * connections - answered);
    });

    it("are the same at both load balancers, and after a reload and a start", () => {
      assert.deepEqual(new Set(result.asksPeer), new Set([200]));
      assert.equal(result.otherClientOfPeer, 200);
      assert.equal(result.reload[0], 0, result.reload[1]);
      for (const answered of [result.answeredByPeer, result.answeredAfterReload, result.answeredAfterPeer]) {
        assert.ok(answered !== null, JSON.stringify(result));
        // What is counted is on its way to the other one for moments.
        assert.ok(answered < burst / 4, `${answered} more were answered`);
      }
    });
  });
}
