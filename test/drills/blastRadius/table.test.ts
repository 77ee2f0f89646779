import assert from "node:assert/strict";
import { cell, radiusTable } from "./table";

describe("what still answers", () => {
  it("is one status when all were the same, and each with its number when not", () => {
    assert.equal(cell({ path: "/", statuses: { "200": 20 }, medianMs: 12.4 }), "200, 12 ms");
    assert.equal(
      cell({ path: "/", statuses: { "503": 2, "200": 18 }, medianMs: 9 }),
      "18 x 200, 2 x 503, 9 ms",
    );
  });

  it("has a row for each store and a column for each path", () => {
    const answers = [{ path: "/", statuses: { "200": 1 }, medianMs: 1 }];
    assert.equal(
      radiusTable([{ away: "cache", answers }]),
      "| away | `/` |\n| --- | --- |\n| cache | 200, 1 ms |",
    );
  });
});
