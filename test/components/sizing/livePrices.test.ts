import assert from "node:assert/strict";
import { livePrices, pricingResponse, serverTypesResponse } from "../../../components/sizing/livePrices";
import { datedPrices } from "../../../components/sizing/prices";

const money = (net: string) => ({ net, gross: "0.0000" });
const located = (net: string) => [
  { location: "fsn1", price_hourly: money("9"), price_monthly: money("99") },
  { location: "nbg1", price_hourly: money("0.01"), price_monthly: money(net) },
];

const pricing = {
  pricing: {
    currency: "EUR",
    vat_rate: "19.00",
    primary_ips: [{ type: "ipv4", prices: located("0.5000000000") }],
    floating_ips: [
      { type: "ipv4", prices: located("3") },
      { type: "ipv6", prices: located("1") },
    ],
    image: { price_per_gb_month: money("0.0143") },
    volume: { price_per_gb_month: money("0.0572") },
    server_backup: { percentage: "20.0000000000" },
    server_types: [
      { id: 1, name: "cx23", prices: located("5.4900000000") },
      { id: 2, name: "elsewhere", prices: [] },
    ],
  },
};
const stock = {
  server_types: [
    { name: "cx23", locations: [{ name: "nbg1", available: false }] },
    {
      name: "cx33",
      locations: [
        { name: "fsn1", available: false },
        { name: "nbg1", available: true },
      ],
    },
    { name: "older", locations: [{ name: "nbg1" }] },
  ],
};

const answer = (location: string, changed: object = {}) => ({
  pricing: pricingResponse.parse({ pricing: { ...pricing.pricing, ...changed } }),
  serverTypes: serverTypesResponse.parse(stock),
  location,
  date: "2026-11-21",
  source: "test",
});

describe("livePrices", () => {
  it("reads the location's net prices and stock", () => {
    const prices = livePrices(answer("nbg1"));
    assert.deepEqual([...prices.servers], [["cx23", 5.49]]);
    assert.deepEqual([...prices.soldOut], ["cx23"]);
    assert.deepEqual(
      [
        prices.primaryIpv4,
        prices.floatingIpv4,
        prices.floatingIpv6,
        prices.volumePerGb,
        prices.serverBackupRatio,
      ],
      [0.5, 3, 1, 0.0572, 0.2],
    );
    assert.equal(prices.date, "2026-11-21");
  });

  it("fails when the answer has no price for the location", () =>
    assert.throws(() => livePrices(answer("sin")), /no price of primary_ips ipv4 in sin/));

  it("fails when the prices are in another currency", () =>
    assert.throws(() => livePrices(answer("nbg1", { currency: "USD" })), /USD, expected EUR/));
});

describe("datedPrices", () => {
  it("knows EU locations only", () => {
    for (const location of ["fsn1", "nbg1", "hel1"]) assert.equal(datedPrices(location)?.date, "2026-06-15");
    for (const location of ["ash", "hil", "sin"]) assert.equal(datedPrices(location), undefined);
  });
});
