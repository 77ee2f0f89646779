import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { judgeHttp2 } from "./support/http2";

describe("HTTP/2 by the judgement of h2spec", function () {
  this.timeout(600_000);
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });

  // nginx, which fails slowly in what nobody can set: npm run drill -- http2.
  it("haproxy does all that it must", async () => {
    const { tried, failed } = await judgeHttp2("haproxy");
    assert.deepEqual(failed, []);
    assert.ok(tried > 140, `${tried} tried`);
  });
});
