import assert from "node:assert/strict";
import { fitLine } from "../../bench/resources/line";

describe("the bench of many resources", () => {
  it("finds what a run costs at all and what each resource adds", () => {
    assert.deepEqual(fitLine([50, 200, 500], [1.5, 3, 6]), { start: 1, slope: 0.01 });
  });

  it("draws no line through one size", () => {
    assert.throws(() => fitLine([50, 50], [1, 2]), /two sizes/);
  });
});
