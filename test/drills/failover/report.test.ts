import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { published } from "../../../bench/publish";
import { projectRoot } from "../../../scripts/localStack";
import { chooseFaults, failoverFaults } from "./faults";
import { failoverTable, type Measured, merged, missed, type Round } from "./report";
import { failurePage, measuredSoFar } from "./results";

const round: Round = {
  requests: 800,
  failed: 0,
  gapMs: 1800,
  failedAfter: 0,
  gapAfterMs: 40,
  moves: 1,
};

const measured: Measured = {
  fault: "powerOff",
  title: "it loses power",
  api: "instant",
  date: "2026-11-30",
  commit: "abc1234",
  target: { gapMedianMs: 2200, gapWorstMs: 3000, mostMoves: 1, leastMoves: 1 },
  rounds: [round, { ...round, gapMs: 2100 }, { ...round, gapMs: 2900 }],
};

describe("failover's report", () => {
  it("finds nothing to say when all that was promised was kept", () => {
    assert.deepEqual(missed(measured), []);
  });

  const misses: readonly (readonly [string, Partial<Measured>, RegExp])[] = [
    [
      "a worst gap beyond its target",
      { rounds: [...measured.rounds, { ...round, gapMs: 3100 }] },
      /worst gap 3\.1 s/,
    ],
    ["a median beyond it", { rounds: [{ ...round, gapMs: 2300 }] }, /median gap 2\.3 s, not 2\.2 s/],
    [
      "failures",
      { target: { failed: 0, mostMoves: 1 }, rounds: [{ ...round, failed: 2 }] },
      /failed 2, not 0/,
    ],
    ["a second move", { rounds: [{ ...round, moves: 2 }] }, /2 moves, not 1/],
    ["a move that did not come", { rounds: [{ ...round, moves: 0 }] }, /0 moves, not 1/],
    [
      "another number beyond its own target",
      {
        target: { mostMoves: 1, besides: { what: "taken back after", unit: "s", most: 10_000 } },
        rounds: [{ ...round, besides: 12_000 }],
      },
      /taken back after 12\.0 s, not 10\.0 s/,
    ],
    [
      "visitors who were never served again",
      {
        target: { mostMoves: 1, besides: { what: "served after", unit: "s", most: 5000 } },
        rounds: [{ ...round, besides: Number.POSITIVE_INFINITY }],
      },
      /served after/,
    ],
  ];
  for (const [name, change, said] of misses) {
    it(`says ${name}`, () => {
      const one = { ...measured, ...change };
      assert.match(missed(one).join("; "), said);
      assert.match(failoverTable([one]), /\| no: /);
    });
  }

  it("prints a line for each fault: failures, median and worst gap, target, and whether it was reached", () => {
    const [, , line] = failoverTable([measured]).split("\n");
    assert.equal(
      line,
      "| it loses power | instant | 3 | 0 of 2400 | 2.1 s | 2.9 s | 1 |  | 0 failed, gap 0.04 s | median 2.2 s, worst 3.0 s, moves: 1 | yes | 2026-11-30 abc1234 |",
    );
  });

  it("keeps the newest of each fault and kind of times, in the order of the faults", () => {
    const newer = { ...measured, date: "2026-12-01" };
    const slow: Measured = { ...measured, api: "hetzner" };
    const other = { ...measured, fault: "agentKilled" };
    assert.deepEqual(merged([measured, slow], [newer, other], ["agentKilled", "powerOff"]), [
      other,
      newer,
      slow,
    ]);
    assert.deepEqual(merged([measured], [], []), []);
  });

  it("stands in the failure model as it was measured", async () => {
    const page = await readFile(join(projectRoot, failurePage), "utf8");
    const all = await measuredSoFar();
    const again = published(page, "failover", failoverTable(all), failurePage);
    assert.ok(
      again === page,
      `${failurePage} holds another table than test/drills/failover/measured.jsonl tells`,
    );
  });
});

describe("failover's faults", () => {
  it("are chosen by name, all without one, and an unknown name is answered with those that there are", () => {
    assert.deepEqual(chooseFaults(undefined), failoverFaults);
    assert.deepEqual(
      chooseFaults("publicCut,powerOff").map(({ name }) => name),
      ["powerOff", "publicCut"],
    );
    assert.throws(() => chooseFaults("powerOf"), /no fault powerOf; there are haproxyKilled, /);
  });

  it("have names of their own", () => {
    const names = failoverFaults.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
