import assert from "node:assert/strict";
import { stickyRule } from "../../../../components/roles/edge/balanceSettings";
import { edgeSettings } from "../../../../components/roles/edge/settings";
import { parseRole } from "../../../../components/settings/roleSettings";

const mistakes = (engine: string, web: object | undefined, sticky: boolean) =>
  stickyRule.check({ settings: { edge: { engine }, web, app: { services: { shop: { sticky } } } } });

describe("how the pair balances", () => {
  it("takes turns and repeats once when nobody says anything", () => {
    const edge = parseRole(edgeSettings, {}, { location: "nbg1", domain: "www.example.com" });
    assert.deepEqual([edge.balance, edge.retries], ["roundRobin", 1]);
  });

  it("fails with sticky visitors where something on the way does not know them", () => {
    assert.deepEqual(mistakes("haproxy", undefined, true), []);
    for (const [engine, web, allowed] of [
      ["nginx", undefined, /false with edge\.engine: nginx/],
      ["haproxy", {}, /false with web servers/],
    ] as const) {
      const [mistake, ...others] = mistakes(engine, web, true);
      assert.deepEqual([mistake?.path, others], ["app.services.shop.sticky", []]);
      assert.match(mistake?.allowed ?? "", allowed);
      assert.deepEqual(mistakes(engine, web, false), []);
    }
  });
});
