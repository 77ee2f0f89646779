import assert from "node:assert/strict";
import { parse } from "yaml";
import { planPlatform } from "../../components/presets";
import { datedPrices } from "../../components/sizing/prices";
import { loadStackFile } from "../../components/stack/stackFile";
import { estimateCost } from "../../components/views/cost";
import { monthlyCost, overBudget } from "../../policy/budget";
import { recordStack } from "../program/support/recordStack";

const server = (props: object) => ({
  type: "hcloud:index/server:Server",
  name: "app1",
  props: { location: "nbg1", ...props },
});

describe("policy: a stack is within its budget", () => {
  for (const stack of ["prod", "qa"]) {
    it(`counts of ${stack}'s resources what the estimate says of its settings`, async () => {
      const prices = datedPrices("nbg1") ?? assert.fail();
      const settings = loadStackFile(stack);
      const estimate = estimateCost(planPlatform(settings), settings.location, prices);
      const record = (await recordStack(stack)).get("resources.yaml") ?? "";
      const resources = Object.entries(parse(record) as Record<string, { urn: string; inputs?: object }>);
      const ordered = resources.map(([name, { urn, inputs = {} }]) => ({
        name,
        type: urn.split("::")[2]?.split("$").at(-1) ?? "",
        props: inputs as Record<string, unknown>,
      }));
      const { eur, unknown } = monthlyCost(ordered);
      assert.deepEqual(unknown, []);
      assert.ok(Math.abs(eur - estimate.totalEur) < 0.1, `${eur} is not ${estimate.totalEur}`);
    });
  }

  it("says by how much it is over, and nothing where there is no budget", () => {
    const ordered = [
      server({ serverType: "cx23" }),
      { ...server({ size: 1000 }), type: "hcloud:index/volume:Volume" },
    ];
    const { eur } = monthlyCost(ordered);
    assert.ok(eur > 57);
    assert.deepEqual(overBudget(ordered, { maxMonthlyEur: 50 }), [
      `costs ${eur.toFixed(2)} EUR a month, and 50 is the budget`,
    ]);
    assert.deepEqual(overBudget(ordered, { maxMonthlyEur: eur }), []);
    assert.deepEqual(overBudget(ordered, {}), []);
  });

  it("counts the address that a server has where nothing is said of it", () => {
    const { eur } = monthlyCost([server({ serverType: "cx23" })]);
    const without = monthlyCost([server({ serverType: "cx23", publicNets: [{ ipv4Enabled: false }] })]);
    assert.ok(eur > without.eur);
  });

  it("says whose price is not known", () => {
    assert.match(
      overBudget([server({ serverType: "cx999" })], { maxMonthlyEur: 1 })[0] ?? "",
      /what app1 cost/,
    );
  });
});
