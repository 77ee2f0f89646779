import assert from "node:assert/strict";
import { needProblems, startOrder } from "../../../components/plan/order";
import type { Role } from "../../../components/plan/role";
import { planPlatform } from "../../../components/presets";
import { seedSettings } from "../../support/settings";
import { role } from "./support/roles";

/** `web: http < site`: the role web offers http and needs site. */
function roles(...texts: readonly string[]): readonly Role[] {
  return texts.map((text) => {
    const [, name = "", offers = "", needs = ""] = /^(\w+):([^<]*)<?(.*)$/.exec(text) ?? [];
    const words = (list: string) => list.split(" ").filter((word) => word !== "");
    const part = {
      name: `${name}d`,
      title: name,
      offers: words(offers),
      needs: words(needs).map((offer) => ({ offer })),
    };
    return role({ name, parts: [part] });
  });
}

describe("startOrder", () => {
  for (const [given, order] of [
    [["a: x", "b: y"], "a b"],
    [["a: < x", "b: x"], "b a"],
    [["edge: < site", "app: site < data", "store: objects < data", "base: data"], "base app edge store"],
    // Whoever has what it needs on its own machine waits for nobody.
    [["all: site data < data site"], "all"],
  ] as const)
    it(`of ${given.join(", ")} is ${order}`, () =>
      assert.equal(startOrder(roles(...given)).join(" "), order));

  it("S2-6: of a platform is the stores before the application, and the way in last", () => {
    assert.deepEqual(planPlatform(seedSettings).order, ["database", "storage", "app", "edge"]);
  });

  for (const [given, problem] of [
    [["a: x < y", "b: y < x"], "a needs b needs a: one of them has to start without the other"],
    [
      ["way: < x", "a: x < y", "b: y < z", "c: z < x"],
      "a needs b needs c needs a: one of them has to start without the other",
    ],
    [["a: < x"], "ad of a needs x, which no role offers"],
    [["a: x", "b: x"], "x is offered by a and b: one role can offer it"],
  ] as const)
    it(`S2-6: fails for ${given.join(", ")}: ${problem}`, () => {
      assert.deepEqual(needProblems(roles(...given)), [problem]);
      assert.throws(() => startOrder(roles(...given)), { message: problem });
    });
});
