import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { inFlightScenario } from "./support/inFlight";
import { allowedFor, runScenario } from "./support/scenario";

/** Status, the node that answered, and seconds until it had. */
type Answer = readonly [number, string | null, number];

interface InFlightResult {
  readonly bothServe: boolean;
  readonly getOfUnready: Answer;
  readonly notAsked: boolean;
  readonly stillWorking: boolean;
  readonly backAfterUnready: boolean;
  readonly getOfVanished: Answer;
  readonly postOfVanished: Answer;
  /** Exit code of curl: 28 is "no answer in time". */
  readonly silent: number;
  readonly repeated: readonly string[];
  readonly log: string;
}

describe("requests that a node is working on, through HAProxy of Debian 13", function () {
  this.timeout(600_000);
  let result: InFlightResult & { readonly late: number };
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    result = await runScenario<InFlightResult>("haproxy", inFlightScenario);
    assert.ok(result.bothServe, result.log);
  });

  it("S0-21 end on a node that says it is not ready, which gets no new one", () => {
    assert.ok(result.notAsked, result.log);
    assert.ok(result.stillWorking, "the request ended before the node was out");
    assert.deepEqual(result.getOfUnready.slice(0, 2), [200, "app1"], result.log);
    assert.ok(result.backAfterUnready, result.log);
  });

  it("S0-20 are asked of another node within seconds when theirs vanishes, if they may be repeated", () => {
    assert.equal(result.silent, 28, "the node was not cut off");
    const [status, node, seconds] = result.getOfVanished;
    assert.deepEqual([status, node], [200, "app2"], result.log);
    assert.ok(seconds < 9 + allowedFor(result), `answered after ${seconds} s, late by ${result.late} s`);
  });

  it("fail within seconds on a node that vanishes, if they must not be repeated", () => {
    const [status, , seconds] = result.postOfVanished;
    // On a connection to the node that other requests used before, HAProxy closes without an answer instead.
    assert.ok(status === 502 || status === 0, `${status}: ${result.log}`);
    assert.ok(seconds < 9 + allowedFor(result), `answered after ${seconds} s, late by ${result.late} s`);
    assert.deepEqual(result.repeated, ["GET"]);
  });
});
