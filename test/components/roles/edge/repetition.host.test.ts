import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";
import { repetitionScenario } from "./support/repetition";
import { allowedFor, runScenario } from "./support/scenario";

interface Outcome {
  readonly status: number;
  readonly executions: number;
  readonly seconds: number;
}

type RepetitionResult = Readonly<Record<string, Outcome>> & {
  readonly bothServe: boolean;
  /** Seconds; see `allowedFor`. */
  readonly late: number;
  readonly "GET refused": readonly Outcome[];
  readonly "POST refused": readonly Outcome[];
  readonly log: string;
};

/** Status for the visitor and executions by the application; the application answers 503 itself in the second. */
const table: readonly [string, number, number][] = [
  ["GET /page", 200, 1],
  ["GET /503", 503, 2],
  ["GET /reset", 502, 2],
  ["GET /slow", 504, 1],
  ["POST /page", 200, 1],
  ["POST /503", 503, 1],
  ["POST /reset", 502, 1],
  ["POST /slow", 504, 1],
];

for (const engine of ["haproxy", "nginx"]) {
  describe(`a request that goes wrong behind ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    let result: RepetitionResult;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      // The application takes 4 s in the place of 30.
      const scaled = (config: string) =>
        config
          .replaceAll(/timeout server 30s/g, "timeout server 2s")
          .replaceAll(/proxy_read_timeout 30s/g, "proxy_read_timeout 2s");
      result = await runScenario<RepetitionResult>(engine, repetitionScenario, edgeOptions, scaled);
      assert.ok(result.bothServe, result.log);
    });

    for (const [request, status, executions] of table) {
      it(`${request} ends with ${status}, and the application did it ${executions === 1 ? "once" : "twice"}`, () => {
        const outcome = result[request];
        assert.deepEqual([outcome?.status, outcome?.executions], [status, executions], result.log);
      });
    }

    it("a slow one is given up after the time of one attempt", () => {
      for (const request of ["GET /slow", "POST /slow"]) {
        const limit = 3.5 + allowedFor(result);
        assert.ok((result[request]?.seconds ?? 99) < limit, JSON.stringify([result[request], result.late]));
      }
    });

    it("a node that refuses connections costs nobody an answer, and nothing is done twice", () => {
      for (const outcome of [...result["GET refused"], ...result["POST refused"]]) {
        assert.deepEqual([outcome.status, outcome.executions], [200, 1], result.log);
      }
    });
  });
}
