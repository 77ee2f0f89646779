// HTTP/2 of nginx as the engine of the edge, judged by h2spec: what it finds is on the list of what is left so, with reasons.
import assert from "node:assert/strict";
import { whyNoDebian13 } from "../components/roles/edge/support/debian13";
import { judgeHttp2 } from "../components/roles/edge/support/http2";
import { unacceptedOfHttp2 } from "./support/accepted";
import { drillNumbers } from "./support/record";

describe("HTTP/2 of nginx by the judgement of h2spec", function () {
  this.timeout("10m");
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });

  it("nothing is wrong but what is on the list", async () => {
    const { tried, failed } = await judgeHttp2("nginx");
    drillNumbers({ tried, failed: failed.length });
    assert.deepEqual(unacceptedOfHttp2(failed), []);
    assert.ok(tried > 140, `${tried} tried`);
  });
});
