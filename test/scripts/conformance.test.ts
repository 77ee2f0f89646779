import assert from "node:assert/strict";
import { newestByRow, renderConformance } from "../../scripts/conformance";

const result = (title: string, state: string, ...rows: string[]) => ({
  title,
  state,
  rows,
  file: "a.test.ts",
  date: "2026-11-21",
});

describe("conformance report", () => {
  it("keeps the newest result of a test and sorts rows by number", () => {
    const byRow = newestByRow([
      result("x", "failed", "S0-10"),
      result("y", "passed", "S0-9"),
      result("x", "passed", "S0-10"),
    ]);
    assert.deepEqual(
      [...byRow].map(([row, results]) => [row, results.map(({ state }) => state)]),
      [
        ["S0-9", ["passed"]],
        ["S0-10", ["passed"]],
      ],
    );
  });

  it("shows a failure as one", () => {
    assert.match(
      renderConformance(newestByRow([result("z", "failed", "S0-1")])),
      /\| S0-1 \| z \| `a.test.ts` \| failed \|/,
    );
  });
});
