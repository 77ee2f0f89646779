import assert from "node:assert/strict";
import { type Evidence, judge, lastRun } from "../../../scripts/conformance/judge";
import type { Result, Run } from "../../../scripts/conformance/results";

const run = (began: string, whole = true): Run => ({ began, whole, commit: "abc1234" });
const monday = run("2026-11-23T10:00:00.000Z");
const tuesday = run("2026-11-24T10:00:00.000Z");
const afterTuesday = run("2026-11-24T12:00:00.000Z", false);

const result = (run: Run, title: string, state: Result["state"], more: Partial<Result> = {}): Result => ({
  run,
  file: "edge.test.ts",
  title,
  state,
  ...more,
});

function verdictOf(evidence: Partial<Evidence> & { titles: readonly string[] }) {
  const tests = evidence.titles.map((title) => ({ file: "edge.test.ts", title }));
  const rows = { "S0-1": "an edge" };
  const [row] = judge({ rows, gaps: {}, results: [], drills: [], tests, ...evidence });
  return row ?? assert.fail("no row");
}

describe("conformance verdicts", () => {
  it("prove a row whose tests all passed in the last whole run", () => {
    const results = [result(tuesday, "S0-1 a", "passed"), result(tuesday, "S0-1 b", "passed")];
    assert.equal(verdictOf({ titles: ["S0-1 a", "S0-1 b"], results }).verdict, "proven");
  });

  it("say failed when one engine fails and another one passes after it", () => {
    const titles = ["HAProxy S0-1 spreads requests", "nginx S0-1 spreads requests"];
    const results = [
      result(tuesday, "HAProxy S0-1 spreads requests", "failed"),
      result(tuesday, "nginx S0-1 spreads requests", "passed"),
    ];
    const { verdict, proofs } = verdictOf({ titles, results });
    assert.equal(verdict, "failed");
    assert.deepEqual(
      proofs.map(({ state }) => state),
      ["failed", "passed"],
    );
  });

  it("call a pass old that the last whole run did not renew, and the row weak", () => {
    const { verdict, proofs } = verdictOf({
      titles: ["S0-1 a", "S0-1 b"],
      results: [
        result(monday, "S0-1 a", "passed"),
        result(monday, "S0-1 b", "passed"),
        result(tuesday, "S0-1 b", "passed"),
      ],
    });
    assert.equal(verdict, "weak");
    assert.deepEqual(
      proofs.map(({ old }) => old),
      [true, false],
    );
  });

  it("count what ran after the last whole run as renewed", () => {
    const results = [result(tuesday, "S0-1 a", "failed"), result(afterTuesday, "S0-1 a", "passed")];
    assert.equal(verdictOf({ titles: ["S0-1 a"], results }).verdict, "proven");
    assert.equal(lastRun(results)?.began, tuesday.began);
  });

  it("know no other run to compare with than the last one, when no run was whole", () => {
    assert.equal(lastRun([result(afterTuesday, "S0-1 a", "passed")])?.began, afterTuesday.began);
    assert.equal(lastRun([]), undefined);
  });

  for (const [what, results] of [
    ["was skipped", [result(tuesday, "S0-1 a", "skipped")]],
    ["never ran", [result(tuesday, "S0-1 another", "passed")]],
  ] as const) {
    it(`call a row missing whose only test ${what}`, () => {
      assert.equal(verdictOf({ titles: ["S0-1 a"], results }).verdict, "missing");
    });
  }

  it("call a row weak of which one test was skipped", () => {
    const results = [result(tuesday, "S0-1 a", "passed"), result(tuesday, "S0-1 b", "skipped")];
    assert.equal(verdictOf({ titles: ["S0-1 a", "S0-1 b"], results }).verdict, "weak");
  });

  it("forget the pass of a test that is gone", () => {
    const results = [result(tuesday, "S0-1 loses no request", "passed")];
    assert.deepEqual(verdictOf({ titles: [], results }).proofs, []);
  });

  it("call a row weak of which a gap is known", () => {
    const results = [result(tuesday, "S0-1 a", "passed")];
    const { verdict, gap } = verdictOf({ titles: ["S0-1 a"], results, gaps: { "S0-1": "only one of two" } });
    assert.deepEqual([verdict, gap], ["weak", "only one of two"]);
  });

  it("take a suite whose set-up failed for a failure of its tests that did not run", () => {
    const { verdict } = verdictOf({
      titles: ["edge S0-1 a"],
      results: [
        result(monday, "edge S0-1 a", "passed"),
        result(tuesday, "edge", "failed", { of: "suite" }),
        result(tuesday, "edge", "failed", { of: "suite", file: "other.test.ts" }),
      ],
    });
    assert.equal(verdict, "failed");
  });

  it("do not hold the failed set-up of another file or suite against a test", () => {
    const { verdict } = verdictOf({
      titles: ["edge S0-1 a"],
      results: [
        result(tuesday, "edge S0-1 a", "passed"),
        result(tuesday, "edge", "failed", { of: "suite", file: "other.test.ts" }),
        result(tuesday, "other", "failed", { of: "suite" }),
      ],
    });
    assert.equal(verdict, "proven");
  });

  for (const [outcome, verdict] of [
    ["passed", "proven"],
    ["failed", "failed"],
    ["cancelled", "missing"],
  ] as const) {
    it(`take a drill that ${outcome} for evidence: ${verdict}`, () => {
      const drill = { drill: "vip", rows: ["S0-1"], date: "2026-11-20T10:00:00Z", commit: "abc", seconds: 9 };
      assert.equal(verdictOf({ titles: [], drills: [{ ...drill, result: outcome }] }).verdict, verdict);
    });
  }
});
