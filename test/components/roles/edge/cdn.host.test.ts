import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { cdnConfig, cdnScenario, originSecret } from "./support/cdn";
import { whyNoDebian13 } from "./support/debian13";
import { withCdn } from "./support/options";
import { runScenario } from "./support/scenario";

interface CdnResult {
  /** Status of those who do not come through the CDN, by how they try. */
  readonly around: Readonly<Record<string, number>>;
  readonly byAnotherOfItsMachines: number;
  readonly state: number;
  /** Headers that the application got of a visitor of the CDN, by names in lower case. */
  readonly seen: Readonly<Record<string, string>>;
  readonly oddClient: string;
  /** Headers of an answer as the CDN gets it. */
  readonly kept: Readonly<Record<string, string>>;
  readonly burst: readonly number[];
  readonly another: number;
  readonly together: readonly number[];
  readonly asked: number;
  readonly failed: readonly number[];
  readonly hits: number;
  readonly reachedOrigin: number;
  /** Pages and assets that were asked for, each once. */
  readonly different: number;
  readonly personal: number;
  readonly withoutOrigin: readonly number[];
  readonly log: string;
}

const burst = 60;

const options: EdgeOptions = {
  ...withCdn,
  limits: { enabled: true, requestsPerSecond: 1, burst, connections: 5, unlimitedPaths: [] },
};

for (const engine of ["haproxy", "nginx"]) {
  describe(`a CDN in front of ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: CdnResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const files = { "/tmp/cdn.conf": cdnConfig, "/tmp/cdn.json": JSON.stringify([burst]) };
      result = await runScenario<CdnResult>(engine, cdnScenario, options, (config) => config, { files });
      const share = (part: number) => `${((100 * part) / result.asked).toFixed(1)} %`;
      console.log(
        `      of ${result.asked} requests ${share(result.hits)} are hits, and ${share(result.asked - result.reachedOrigin)} do not reach the origin`,
      );
    });

    it("S2-27: answers nobody who goes around the CDN, and nobody else of its customers", () => {
      for (const [who, status] of Object.entries(result.around)) assert.equal(status, 403, who);
      assert.equal(result.byAnotherOfItsMachines, 200);
    });

    it("answers the other load balancer all the same", () => assert.equal(result.state, 200, result.log));

    it("tells the application who asks the CDN, whatever a visitor says, and not the secret", () => {
      const { seen } = result;
      assert.equal(seen["x-real-ip"], "10.9.0.1");
      assert.equal(seen["x-forwarded-for"], "10.9.0.1");
      assert.equal(seen["x-origin-secret"], undefined);
      assert.ok(!JSON.stringify(seen).includes(originSecret));
      assert.equal(result.oddClient, "192.0.2.7");
    });

    it("S2-2: hands on what an answer says to caches", () => {
      const names = Object.fromEntries(
        Object.entries(result.kept).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const wanted = {
        "cache-control": "public, max-age=31536000, immutable",
        "surrogate-control": "max-age=86400",
        "surrogate-key": "app",
        "cdn-cache-control": "max-age=86400",
        etag: '"1"',
        vary: "Accept-Encoding",
      };
      for (const [name, value] of Object.entries(wanted)) assert.equal(names[name], value, name);
      assert.deepEqual(result.withoutOrigin, [200, 200], "what is kept is answered while the origin is away");
    });

    it("S2-22: has hits answered by the CDN and misses by the origin, each page and asset once", () => {
      assert.deepEqual(result.failed, [], result.log);
      assert.equal(result.reachedOrigin, result.different + result.personal);
      assert.equal(result.hits, result.asked - result.reachedOrigin);
      assert.ok(result.hits / result.asked > 0.75, `${result.hits} of ${result.asked}`);
    });

    it("counts requests of the CDN's visitors, and not its connections", () => {
      const answered = result.burst.filter((status) => status === 200).length;
      assert.ok(answered >= burst && answered < burst + 5, JSON.stringify(result.burst));
      assert.equal(result.burst.at(-1), 429);
      assert.equal(result.another, 200);
      assert.deepEqual(new Set(result.together), new Set([200]));
    });
  });
}
