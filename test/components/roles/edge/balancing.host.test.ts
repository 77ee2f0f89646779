import assert from "node:assert/strict";
import { EdgeBalance } from "../../../../components/roles/edge/balanceSettings";
import { balancingScenario } from "./support/balancing";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { runScenario } from "./support/scenario";

interface BalancingResult {
  /** Requests of each node while `app1` takes a second for each. */
  readonly share: { readonly app1: number; readonly app2: number };
  /** Status of a request that all nodes answer 503, and how often they were asked. */
  readonly get: readonly [number, number];
  readonly post: readonly [number, number];
  readonly log: string;
}

for (const engine of ["haproxy", "nginx"]) {
  describe(`whose turn it is at ${engine} of Debian 13, and how often`, function () {
    this.timeout(600_000);
    let turns: BalancingResult;
    let fewest: BalancingResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      // A node that has come back begins with a part of its weight.
      const atOnce = (config: string) => config.replace(" slowstart 5s", "");
      const visits = (more: object) =>
        runScenario<BalancingResult>(engine, balancingScenario, { ...edgeOptions, ...more }, atOnce);
      turns = await visits({ retries: 3 });
      fewest = await visits({ balance: EdgeBalance.LeastConnections, retries: 0 });
    });

    it("is each node's in turn, or the one's that is answering the fewest", () => {
      const { app1, app2 } = turns.share;
      assert.ok(Math.abs(app1 - app2) <= 0.2 * app2, JSON.stringify(turns.share));
      assert.ok(fewest.share.app2 > 3 * fewest.share.app1, JSON.stringify(fewest.share));
    });

    it("repeats what may be repeated as often as it is told, and nothing else", () => {
      assert.deepEqual(
        [turns.get, fewest.get],
        [
          [503, 4],
          [503, 1],
        ],
        turns.log,
      );
      assert.deepEqual(
        [turns.post, fewest.post],
        [
          [503, 1],
          [503, 1],
        ],
        turns.log,
      );
    });
  });
}
