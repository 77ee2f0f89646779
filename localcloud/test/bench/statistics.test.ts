import assert from "node:assert/strict";
import { ratiosOf, spreadOf } from "../../bench/statistics";

describe("statistics of the benches", () => {
  it("take the middle value, or the mean of the two in the middle", () => {
    assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, least: 1, most: 9, count: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 10]), { median: 3, least: 1, most: 10, count: 4 });
    assert.throws(() => spreadOf([]), /nothing was measured/);
  });

  it("hold each round against its own peer", () => {
    assert.deepEqual(ratiosOf([10, 40, 90], [1, 2, 3]), { median: 20, least: 10, most: 30, count: 3 });
    assert.throws(() => ratiosOf([1, 2], [1]), /2 rounds cannot be held against 1/);
  });
});
