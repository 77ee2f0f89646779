import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxySetup } from "../../../../components/roles/edge/haproxy";
import { whyNoDebian13 } from "./support/debian13";
import { balancerAddress, managedScenario } from "./support/managed";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

type Seen = readonly [number, string | null, string | null];

interface ManagedResult {
  readonly through: Seen;
  readonly direct: Seen;
  readonly pretends: number;
  readonly silent: number;
  readonly burst: readonly number[];
  readonly neighbour: number;
  readonly balanced: readonly unknown[];
  readonly unreachable: boolean;
  readonly log: string;
}

const options: EdgeOptions = {
  ...edgeOptions,
  balancer: { address: balancerAddress, type: "lb11" },
  limits: { enabled: true, requestsPerSecond: 1, burst: 8, connections: 100, unlimitedPaths: [] },
};

const map = haproxySetup(options).files.find(({ path }) => path === "/etc/haproxy/balanced.map");

describe("Hetzner's load balancer before HAProxy of Debian 13", function () {
  this.timeout(120_000);
  let result: ManagedResult;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    assert.ok(map !== undefined);
    result = await runScenario<ManagedResult>("haproxy", managedScenario, options, undefined, {
      files: { [map.path]: map.content },
    });
  });

  it("is believed about who a visitor is, and what he says of himself is not", () =>
    assert.deepEqual(result.through, [200, "203.0.113.9", "203.0.113.9"], result.log));

  it("is the only one: whoever comes past it is who he is, and is refused when he says he is somebody else", () => {
    assert.deepEqual(result.direct, [200, "192.0.2.66", "192.0.2.66"], result.log);
    assert.equal(result.pretends, 400);
    assert.equal(result.silent, 0, "a visitor of nobody knows where");
  });

  it("does not make one client of all visitors: each has limits of his own", () => {
    assert.ok(result.burst.includes(429), result.burst.join(", "));
    assert.equal(result.neighbour, 200);
  });

  it("learns that a machine leaves, which serves on meanwhile, that it is back, and that it reaches no node", () => {
    assert.deepEqual(result.balanced, [200, "", 503, 200, "", 200]);
    assert.ok(result.unreachable);
  });
});
