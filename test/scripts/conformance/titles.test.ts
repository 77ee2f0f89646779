import assert from "node:assert/strict";
import { gaps } from "../../../scripts/conformance/gaps";
import { rows } from "../../../scripts/conformance/rows";
import { faultsOfTitles } from "../../../scripts/conformance/titles";

const faults = (...titles: readonly string[]) =>
  faultsOfTitles(titles.map((title) => ({ file: "edge.test.ts", title })));

describe("rows of the conformance report", () => {
  for (const [seed, count] of [
    ["S0", 30],
    ["S1", 50],
    ["S2", 45],
    ["S3", 132],
    ["S4", 27],
  ] as const) {
    it(`are 1 to ${count} of seed ${seed}`, () => {
      assert.deepEqual(
        Object.keys(rows).filter((row) => row.startsWith(`${seed}-`)),
        Array.from({ length: count }, (_, at) => `${seed}-${at + 1}`),
      );
    });
  }

  it("have titles that tell them apart", () => {
    assert.equal(new Set(Object.values(rows)).size, Object.keys(rows).length);
  });

  it("are those that gaps are known of", () => {
    assert.deepEqual(
      Object.keys(gaps).filter((row) => rows[row] === undefined),
      [],
    );
  });
});

describe("titles of tests", () => {
  it("may name several rows, or none", () => {
    assert.deepEqual(faults("edge S0-1, S0-24: spreads requests", "nothing", "nothing"), []);
  });

  it("fail when they name a row that nobody asked for", () => {
    assert.deepEqual(faults("edge S0-31: flies"), [
      'edge.test.ts: "edge S0-31: flies" names S0-31, which is no row',
    ]);
  });

  it("fail when suite and test name the same row", () => {
    assert.deepEqual(faults("nginx (S0-1) S0-1: reloads"), [
      'edge.test.ts: "nginx (S0-1) S0-1: reloads" names S0-1 twice',
    ]);
  });

  it("fail when two tests of a file cannot be told apart", () => {
    assert.match(
      faults("S0-1: reloads", "S0-1: reloads").join(),
      /"S0-1: reloads" is the title of two tests/,
    );
  });
});
