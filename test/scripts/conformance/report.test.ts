import assert from "node:assert/strict";
import type { Proof, RowVerdict, Verdict } from "../../../scripts/conformance/judge";
import { renderReport } from "../../../scripts/conformance/report";

const run = { began: "2026-11-24T10:00:00.000Z", commit: "abc1234", whole: true };

const proof = (title: string, more: Partial<Proof> = {}): Proof => ({
  file: "edge.test.ts",
  title,
  state: "passed",
  on: run.began,
  commit: run.commit,
  old: false,
  ...more,
});

const row = (id: string, verdict: Verdict, proofs: readonly Proof[] = [], gap?: string): RowVerdict => ({
  row: id,
  title: `what ${id} asks`,
  verdict,
  proofs,
  ...(gap === undefined ? {} : { gap }),
});

describe("conformance report", () => {
  it("counts rows by seed at the top, missing ones too", () => {
    const text = renderReport(
      [row("S0-1", "proven"), row("S0-2", "weak"), row("S1-1", "missing"), row("S1-2", "failed")],
      [],
      run,
    );
    assert.match(text, /^\| seed \| rows \| proven \| weak \| failed \| missing \|$/m);
    assert.match(text, /^\| S0 \| 2 \| 1 \| 1 \| 0 \| 0 \|$/m);
    assert.match(text, /^\| S1 \| 2 \| 0 \| 0 \| 1 \| 1 \|$/m);
    assert.match(text, /^\| all \| 4 \| 1 \| 1 \| 1 \| 1 \|$/m);
    assert.match(text, /^\| \*\*S1-1\*\* \| \*\*what S1-1 asks\*\* \| \*\*missing\*\* \|$/m);
  });

  it("has a line for each engine", () => {
    const text = renderReport(
      [row("S0-1", "failed", [proof("HAProxy S0-1 | a", { state: "failed" }), proof("nginx S0-1 | a")])],
      [],
      run,
    );
    assert.match(text, /^\| {2}\| HAProxy S0-1 \\\| a `edge.test.ts` \| failed \|$/m);
    assert.match(text, /^\| {2}\| nginx S0-1 \\\| a `edge.test.ts` \| passed \|$/m);
  });

  for (const [what, more, shown] of [
    ["of the last run", {}, "passed"],
    ["of a later run of some parts", { on: "2026-11-25T10:00:00.000Z" }, "passed 2026-11-25 (abc1234)"],
    [
      "that was not renewed",
      { on: "2026-11-21T10:00:00.000Z", commit: "0ldc0de", old: true },
      "passed 2026-11-21 (0ldc0de), 3 days before the last run, not since",
    ],
    ["that is missing", { state: "never run", on: undefined }, "never run"],
  ] as const) {
    it(`shows a result ${what}: ${shown}`, () => {
      const text = renderReport([row("S0-1", "weak", [proof("S0-1 a", more as Partial<Proof>)])], [], run);
      assert.ok(text.includes(`| S0-1 a \`edge.test.ts\` | ${shown} |`), text);
    });
  }

  it("says what a weak row leaves unproven", () => {
    const text = renderReport([row("S0-1", "weak", [], "UDP is not tried")], [], run);
    assert.ok(text.includes("| Not proven: UDP is not tried | gap |"), text);
  });

  it("names the run, and says so when it was not whole", () => {
    assert.match(renderReport([], [], run), /Last whole run: 2026-11-24 10:00 UTC, commit abc1234\./);
    assert.match(renderReport([], [], { ...run, whole: false }), /Last run, of some parts only: 2026-11-24/);
  });

  it("lists drills with date, commit, seed and numbers", () => {
    const drill = { drill: "vip", rows: ["S0-1", "S1-11"], date: "2026-11-20T10:00:00Z", commit: "abc" };
    const text = renderReport(
      [],
      [{ ...drill, result: "passed", seconds: 61.4, seed: 7, numbers: { longestGapMs: 900, failed: [0] } }],
      run,
    );
    assert.ok(
      text.includes(
        "| vip | S0-1 S1-11 | passed | 2026-11-20 | abc | 61 s | 7 | longestGapMs 900, failed [0] |",
      ),
      text,
    );
  });
});
