import assert from "node:assert/strict";
import { whyNoDebian13 } from "./support/debian13";
import { twoMasters } from "./support/twoMasters";

describe("two masters that hear each other again", function () {
  this.timeout(600_000);
  for (const [owner, name] of ["one", "two"].entries()) {
    it(`agree on machine ${name}, which has the address, so that no move cuts a connection`, async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const { told, output } = await twoMasters(owner === 0 ? 0 : 1);
      assert.equal(told.first.length, 1, output);
      assert.deepEqual(told.cut, ["one", "two"], output);
      assert.deepEqual([told.healed, told.rest], [[name], [name]], output);
    });
  }
});
