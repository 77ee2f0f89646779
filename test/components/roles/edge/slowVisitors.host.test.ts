import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { defaultLimits } from "../../../../components/roles/edge/limitSettings";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { allowedFor, runScenario } from "./support/scenario";
import { slowVisitorsScenario } from "./support/slowVisitors";

interface Pages {
  readonly failed: readonly unknown[];
  /** Seconds that one page took at most, and in the middle. */
  readonly worst: number;
  readonly median: number;
}

interface Attack extends Pages {
  /** How many slow visitors were told what, or only closed. */
  readonly endings: Readonly<Record<string, number>>;
}

interface SlowVisitorsResult {
  readonly before: Pages;
  readonly heads: Attack;
  readonly bodies: Attack & { readonly reached: number };
  readonly after: Pages;
  readonly log: string;
  readonly late: number;
}

/** Addresses that the slow ones come from. */
const attackers = 3;

/** One slow visitor may have so many connections; nodes work on four requests at a time. */
const connections: Readonly<Record<string, number>> = { haproxy: 100, nginx: 2 };

const optionsFor = (engine: string): EdgeOptions => ({
  ...edgeOptions,
  backends: edgeOptions.backends.map((backend) => ({ ...backend, maxRequests: 4 })),
  limits: { ...defaultLimits, connections: connections[engine] ?? 0 },
});

/** Visitors have 400 connections together, and ten seconds for the head of a request are three. */
const scaled = (config: string) =>
  config
    .replace(/(frontend visitors\n {2}maxconn )\d+/, "$1400")
    .replace("timeout http-request 10s", "timeout http-request 3s")
    .replace("client_header_timeout 10s", "client_header_timeout 3s");

for (const engine of ["haproxy", "nginx"]) {
  describe(`600 slow visitors of ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: SlowVisitorsResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const files = { "/tmp/slow.json": JSON.stringify([600, attackers]) };
      result = await runScenario<SlowVisitorsResult>(
        engine,
        slowVisitorsScenario,
        optionsFor(engine),
        scaled,
        { files },
      );
      for (const [kind, { median, worst }] of [
        ["heads", result.heads],
        ["bodies", result.bodies],
      ] as const) {
        const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
        console.log(`      ${kind}: a page of another visitor ${ms(median)}, worst ${ms(worst)}`);
      }
    });

    const served = (pages: Pages) => {
      assert.deepEqual(pages.failed, [], result.log);
      assert.ok(pages.worst < 1 + allowedFor(result), `${pages.worst} s: ${result.log}`);
    };

    it("who never end the head of a request take nothing from another one", () => {
      served(result.heads);
      assert.equal(result.heads.endings.None, undefined, JSON.stringify(result.heads));
    });

    it("who never end a body take nothing from another one", () => {
      served(result.bodies);
      served(result.after);
    });

    if (engine !== "haproxy") return;
    it("have so many connections as each may have, reach no node, and are told that they were too slow", () => {
      const told = { "408": 3 * 100, closed: 600 - 3 * 100 };
      assert.deepEqual([result.heads.endings, result.bodies.endings], [told, told]);
      assert.equal(result.bodies.reached, 0);
    });
  });
}
