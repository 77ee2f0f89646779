import assert from "node:assert/strict";
import { planPlatform } from "../../../components/presets";
import { datedPrices, type PriceTable } from "../../../components/sizing/prices";
import type { PlatformSettings } from "../../../components/stack/settings";
import { costAlternatives, whatAmountBuys } from "../../../components/views/alternatives";
import { BudgetError, budgetText, isWithinBudget, requireBudget } from "../../../components/views/budget";
import { estimateCost, UnknownPriceError } from "../../../components/views/cost";
import { seedSettings } from "../../support/settings";

function prices(): PriceTable {
  const table = datedPrices("nbg1");
  assert.ok(table);
  return table;
}

const estimate = (settings: PlatformSettings) =>
  estimateCost(planPlatform(settings), settings.location, prices());
const storage = { ...seedSettings.storage, volumeGb: 2048 };
const cheapest: PlatformSettings = { ...seedSettings, storage };
const exact: PlatformSettings = {
  ...cheapest,
  app: { ...seedSettings.app, serverType: "ccx23" },
  database: { ...seedSettings.database, serverType: "ccx33" },
};

describe("estimateCost (S0-25)", () => {
  it("S2-44: adds up the topology with the cheapest types and a 2 TB volume", () => {
    const { lines, totalEur } = estimate(cheapest);
    assert.deepEqual(
      lines.map((line) => [line.item, line.purpose, line.quantity, line.monthlyEur]),
      [
        ["cx23 (2 vCPU, 4 GB RAM)", "edge1, edge2", 2, 10.98],
        ["cx43 (8 vCPU, 16 GB RAM)", "app1, app2", 2, 31.98],
        ["cx53 (16 vCPU, 32 GB RAM)", "database1", 1, 29.49],
        ["cx33 (4 vCPU, 8 GB RAM)", "storage1", 1, 8.49],
        ["primary IPv4", "edge1, edge2", 2, 1],
        ["floating IPv4", "visitors", 1, 3],
        ["volume, per GB", "objects, backups, logs", 2048, 117.15],
      ],
    );
    assert.equal(totalEur, 202.09);
  });

  it("adds a floating IPv6 network for each floating IP when visitors come over IPv6", () => {
    const edge = { ...seedSettings.edge, ipv6: true, mode: "activeActive" as const };
    const { lines } = estimate({ ...cheapest, edge });
    assert.deepEqual(
      lines
        .filter(({ item }) => item.startsWith("floating"))
        .map((line) => [line.item, line.purpose, line.monthlyEur]),
      [
        ["floating IPv4", "visitors", 3],
        ["floating IPv4", "visitors, second address", 3],
        ["floating IPv6", "visitors", 1],
        ["floating IPv6", "visitors, second address", 1],
      ],
    );
  });

  it("adds up the topology with exact sizes", () => assert.equal(estimate(exact).totalEur, 451.09));

  it("adds up smaller variants", () => {
    assert.equal(estimate({ ...cheapest, storage: { ...storage, volumeGb: 500 } }).totalEur, 113.54);
    const apps = { ...seedSettings.app, vcpus: 4, memoryGb: 8 };
    assert.equal(estimate({ ...cheapest, app: apps }).totalEur, 187.09);
  });

  it("adds up the topology from types that can be ordered", () => {
    const orderable: PlatformSettings = {
      ...cheapest,
      edge: { ...seedSettings.edge, serverType: "cpx22" },
      app: { ...seedSettings.app, serverType: "cpx42" },
      database: { ...seedSettings.database, serverType: "cpx62" },
      storage: { ...storage, serverType: "cpx32" },
    };
    const { soldOut } = estimate(orderable);
    assert.deepEqual(soldOut, []);
    const withBox = { ...orderable.storage, bulk: "storageBox", bulkGb: 2048, volumeGb: 50 } as const;
    const { lines, totalEur } = estimate({ ...orderable, storage: withBox });
    assert.deepEqual(
      lines.slice(-2).map((line) => [line.item, line.purpose, line.quantity, line.monthlyEur]),
      [
        ["volume, per GB", "objects, logs, newest backups", 50, 2.86],
        ["storage box BX21 (5000 GB)", "backups", 1, 11.4],
      ],
    );
    assert.equal(totalEur, 361.7);
  });

  it("grows by one server with each app node", () => {
    const more = { ...cheapest, app: { ...seedSettings.app, count: 5 } };
    assert.equal(estimate(more).totalEur, 202.09 + 3 * 15.99);
  });

  it("names the types that were sold out", () => assert.deepEqual(estimate(exact).soldOut, ["cx23", "cx33"]));

  it("fails when the table has no price for a type", () => {
    const settings = { ...exact, app: { ...exact.app, serverType: "ccx63" } };
    assert.throws(
      () => estimate(settings),
      (error) => error instanceof UnknownPriceError && /ccx63; set HCLOUD_TOKEN/.test(error.message),
    );
  });
});

describe("costAlternatives (HC-C1)", () => {
  const alternatives = costAlternatives(exact, planPlatform, prices());
  const found = alternatives.map(({ line, bulk, monthlyEur, orderable }) => [
    line,
    bulk,
    monthlyEur,
    orderable,
  ]);

  it("prices the topology from each line, whatever the settings name, cheapest first", () => {
    assert.deepEqual(found, [
      ["CX", "storageBox", 99.2, false],
      ["CAX", "storageBox", 123.7, false],
      ["CX", "volume", 202.09, false],
      ["CAX", "volume", 226.59, false],
      ["CPX", "storageBox", 361.7, true],
      ["CPX", "volume", 464.59, true],
      ["CCX", "storageBox", 500.7, true],
      ["CCX", "volume", 603.59, true],
    ]);
  });

  it("says what 100 EUR buy, what they do not, and what can be ordered", () => {
    const text = whatAmountBuys(100, alternatives, prices());
    assert.match(
      text,
      /^- 99\.20 EUR: CX machines with a small volume and a storage box.*sold out when last seen$/m,
    );
    assert.match(text, /^- not with a block volume: that is 202\.09 EUR/m);
    assert.match(text, /^- the cheapest that can be ordered is 361\.70 EUR: CPX/m);
    assert.doesNotMatch(text, /123\.70/);
  });

  it("says so when an amount buys nothing", () =>
    assert.match(
      whatAmountBuys(50, alternatives, prices()),
      /^- nothing complete: the cheapest way is 99\.20 EUR/m,
    ));

  it("follows the prices it is given", () => {
    const dearer = { ...prices(), volumePerGb: 0.01, soldOut: new Set<string>() };
    const text = whatAmountBuys(110, costAlternatives(exact, planPlatform, dearer), dearer);
    assert.match(text, /105\.42 EUR: CX machines with one volume$/m);
    assert.doesNotMatch(text, /sold out|not with a block volume/);
  });

  it("leaves out lines that lack a size", () => {
    const large = { ...cheapest, database: { ...seedSettings.database, vcpus: 16, memoryGb: 64 } };
    const lines = costAlternatives(large, planPlatform, prices()).map(({ line }) => line);
    assert.deepEqual([...new Set(lines)], ["CCX"]);
  });
});

describe("requireBudget", () => {
  it("accepts a platform at its limit and one without a limit", () => {
    requireBudget({ ...exact, budgetEur: 451.09 }, planPlatform(exact));
    requireBudget({ ...exact, budgetEur: undefined }, planPlatform(exact));
  });

  it("fails when a platform costs more, with sum, limit and the largest lines", () => {
    assert.throws(
      () => requireBudget({ ...exact, budgetEur: 451 }, planPlatform(exact)),
      (error) =>
        error instanceof BudgetError &&
        /^451\.09 EUR .*above budgetEur 451\.00; the largest lines are ccx23 .*171\.98 and ccx33 .*138\.49/.test(
          error.message,
        ),
    );
  });

  it("fails when nobody knows the prices of the location", () =>
    assert.throws(
      () => requireBudget({ ...exact, location: "ash", budgetEur: 500 }, planPlatform(exact)),
      /know no ash; set budgetEur: 0/,
    ));

  it("tells the verdict in one line", () => {
    const cost = estimate(exact);
    assert.equal(isWithinBudget(cost, 460), true);
    assert.match(budgetText(cost, 460), /within budgetEur 460\.00$/);
    assert.match(budgetText(cost, undefined), /no budgetEur is set$/);
  });
});
