import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { runScenario } from "./support/scenario";
import { slowSiteScenario } from "./support/slowSite";

interface Visits {
  /** Of visitors' POSTs and of `/healthz`, for which keepalived asks. */
  readonly statuses: readonly number[];
  readonly anyReplica: readonly (string | null)[];
}

interface SlowSiteResult {
  readonly slow: Visits;
  readonly slowStates: readonly string[];
  readonly noContent: Visits;
  readonly noContentStates: readonly string[];
  readonly hosts: readonly string[];
  readonly redirectIsUnready: boolean;
  readonly unready: boolean;
  readonly allUnready: Visits;
  readonly readyAgain: boolean;
  readonly afterwards: Visits;
  readonly oneUnready?: Record<string, number>;
  readonly forged: string | null;
  readonly unreachable: boolean;
  readonly log: string;
}

for (const engine of ["haproxy", "nginx"]) {
  describe(`a slow site behind ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: SlowSiteResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      result = await runScenario<SlowSiteResult>(engine, slowSiteScenario);
    });

    it("stays a site while readiness takes 2 s on every node", () => {
      assert.deepEqual(result.slow, { statuses: [200], anyReplica: [null] }, result.log);
      for (const state of result.slowStates) assert.equal(state, "UP");
    });

    it("stays a site when every node says that it is not ready, and any replica may answer", () => {
      assert.ok(result.unready, result.log);
      assert.deepEqual(result.allUnready, { statuses: [200], anyReplica: ["yes"] }, result.log);
    });

    it("goes back to ready replicas as soon as there are any", () => {
      assert.ok(result.readyAgain);
      assert.deepEqual(result.afterwards, { statuses: [200], anyReplica: [null] });
    });

    it("is healthy with 204, not with 301, and is asked by its own name", () => {
      assert.deepEqual(result.noContent.statuses, [200]);
      for (const state of result.noContentStates) assert.equal(state, "UP");
      assert.deepEqual(result.hosts, ["www.example.com"]);
      assert.ok(result.redirectIsUnready);
    });

    it("lets no visitor choose a replica that is not ready", () => assert.equal(result.forged, null));

    it("says that it is unreachable when no node accepts a connection", () => {
      assert.ok(result.unreachable);
    });

    if (engine !== "haproxy") return;
    it("S1-10: sends nobody to the one node that is not ready", () => {
      assert.deepEqual(result.oneUnready, { app1: 0, app2: 20 });
    });
  });
}
