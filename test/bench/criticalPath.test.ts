import assert from "node:assert/strict";
import { bringUpRatio } from "../../bench/bringUp/last";
import { criticalPath } from "../../bench/criticalPath";

const node = (urn: string, seconds: number, ...dependencies: string[]) => ({ urn, seconds, dependencies });

describe("criticalPath", () => {
  it("follows the slowest chain, not the one with most links", () => {
    const nodes = [
      node("network", 1),
      node("a", 2, "network"),
      node("b", 1, "a"),
      node("slow", 9, "network"),
    ];
    assert.deepEqual(criticalPath(nodes), { seconds: 10, urns: ["network", "slow"] });
  });

  it("is empty for an empty graph and ignores what is not in it", () => {
    assert.deepEqual(criticalPath([]), { seconds: 0, urns: [] });
    assert.equal(criticalPath([node("a", 3, "unchanged")]).seconds, 3);
  });
});

describe("bringUpRatio", () => {
  it("is held against the larger of chain and work", () => {
    assert.equal(bringUpRatio(130, 100, 150, 2), 1.3);
    assert.equal(bringUpRatio(130, 50, 200, 2), 1.3);
  });
});
