import assert from "node:assert/strict";
import { behaviourOf } from "../../src/settings/behaviour";

describe("behaviourOf", () => {
  it("is instant and otherwise Hetzner's as the pinned clients know it, when nothing is said", () => {
    assert.deepEqual(behaviourOf({}), {
      timeScale: 0,
      requestsPerHour: 3600,
      soldOut: [],
      datacenterFields: true,
      datacenterEndpoint: true,
      assigneeTypeUnassigned: false,
      loadBalancerPrimaryIps: true,
      strictFloatingIpAssignment: false,
    });
  });

  for (const [text, scale] of [
    ["instant", 0],
    ["hetzner", 1],
    ["0.1", 0.1],
    ["10", 10],
  ] as const) {
    it(`takes LOCALCLOUD_TIME=${text} as a factor of ${scale}`, () => {
      assert.equal(behaviourOf({ LOCALCLOUD_TIME: text }).timeScale, scale);
    });
  }

  for (const [date, fields, unassigned, endpoint, balancers] of [
    ["2026-06-30", true, false, true, false],
    ["2026-07-01", false, false, true, false],
    ["2026-08-01", false, true, true, false],
    ["2026-10-02", false, true, false, false],
    ["2026-10-05", false, true, false, true],
  ] as const) {
    it(`answers as on ${date}`, () => {
      const behaviour = behaviourOf({ LOCALCLOUD_API_DATE: date });
      assert.deepEqual(
        [
          behaviour.datacenterFields,
          behaviour.assigneeTypeUnassigned,
          behaviour.datacenterEndpoint,
          behaviour.loadBalancerPrimaryIps,
        ],
        [fields, unassigned, endpoint, balancers],
      );
    });
  }

  it("takes the types that cannot be had, and strict assignment", () => {
    const behaviour = behaviourOf({
      LOCALCLOUD_SOLD_OUT: "cx23,cx33@fsn1",
      LOCALCLOUD_STRICT_FLOATING_IPS: "true",
      LOCALCLOUD_REQUESTS_PER_HOUR: "60",
    });
    assert.deepEqual(behaviour.soldOut, ["cx23", "cx33@fsn1"]);
    assert.equal(behaviour.strictFloatingIpAssignment, true);
    assert.equal(behaviour.requestsPerHour, 60);
  });

  for (const [variable, value] of [
    ["LOCALCLOUD_TIME", "fast"],
    ["LOCALCLOUD_TIME", "-1"],
    ["LOCALCLOUD_TIME", " "],
    ["LOCALCLOUD_REQUESTS_PER_HOUR", "0"],
    ["LOCALCLOUD_REQUESTS_PER_HOUR", "many"],
    ["LOCALCLOUD_API_DATE", "october"],
    ["LOCALCLOUD_API_DATE", "2026-13-40"],
    ["LOCALCLOUD_STRICT_FLOATING_IPS", "yes"],
  ] as const) {
    it(`refuses ${variable}=${JSON.stringify(value)} with its name and value`, () => {
      assert.throws(
        () => behaviourOf({ [variable]: value }),
        new RegExp(`^Error: ${variable} must be .*, got ${JSON.stringify(value)}$`),
      );
    });
  }
});
