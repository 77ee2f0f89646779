import assert from "node:assert/strict";
import { edgeKernelSetup } from "../../../../components/roles/edge/setup";
import { whyNoDebian13 } from "./support/debian13";
import { withLimits } from "./support/options";
import { allowedFor, runScenario } from "./support/scenario";
import { synFloodScenario } from "./support/synFlood";

interface Pages {
  readonly asked: number;
  readonly failed: readonly unknown[];
  readonly worst: number;
  readonly median: number;
  /** Packets of the attacker, and answers of the kernel that cost it no memory. */
  readonly sent: number;
  readonly cookies: number;
}

interface SynFloodResult {
  readonly protected: Pages;
  readonly forgotten: boolean;
  readonly unprotected: Pages;
  readonly log: string;
}

describe("30,000 connections that never come about, at HAProxy of Debian 13", function () {
  this.timeout(600_000);
  let result: SynFloodResult & { readonly late: number };
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const kernel = edgeKernelSetup.files.find(({ path }) => path.startsWith("/etc/sysctl.d/"))?.content ?? "";
    result = await runScenario<SynFloodResult>("haproxy", synFloodScenario, withLimits, (config) => config, {
      files: { "/tmp/kernel.conf": kernel },
    });
    for (const kind of ["protected", "unprotected"] as const) {
      const { asked, failed, median, worst } = result[kind];
      console.log(
        `      ${kind}: ${failed.length} of ${asked} failed, median ${(1000 * median).toFixed(1)} ms, worst ${(1000 * worst).toFixed(1)} ms`,
      );
    }
  });

  it("take nothing from a visitor, with the kernel settings of a load balancer", () => {
    const { failed, sent, cookies, worst } = result.protected;
    assert.equal(sent, 30_000);
    assert.ok(cookies > 1000, `only ${cookies} were above what the kernel remembers`);
    assert.deepEqual(failed, [], result.log);
    assert.ok(worst < 0.5 + allowedFor(result), `${worst} s`);
  });

  it("are forgotten within seconds", () => assert.ok(result.forgotten));

  it("keep visitors out without these settings", () => {
    const { failed, worst } = result.unprotected;
    assert.ok(failed.length > 0 || worst > 0.9, JSON.stringify(result.unprotected));
  });
});
