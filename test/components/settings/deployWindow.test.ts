import assert from "node:assert/strict";
import { type DeployWindow, isInside } from "../../../components/settings/deployWindow";

const office: DeployWindow = {
  ...{ days: ["mon", "tue", "wed", "thu"], from: "09:00", until: "16:00", timeZone: "Europe/Berlin" },
};
const nights: DeployWindow = { days: ["fri"], from: "22:00", until: "04:00", timeZone: "UTC" };

describe("isInside a window", () => {
  // 2026-11-30 is a Monday; Berlin is one hour ahead in winter and two in summer.
  for (const [what, window, moment, inside] of [
    ["its first minute, in winter", office, "2026-11-30T08:00Z", true],
    ["the minute before", office, "2026-11-30T07:59Z", false],
    ["its first minute, in summer", office, "2026-06-29T07:00Z", true],
    ["its last minute", office, "2026-11-30T14:59Z", true],
    ["its end", office, "2026-11-30T15:00Z", false],
    ["a day that is not named", office, "2026-12-04T10:00Z", false],
    ["a night that begins", nights, "2026-12-04T22:00Z", true],
    ["the same night, which is another day then", nights, "2026-12-05T03:59Z", true],
    ["the end of the night", nights, "2026-12-05T04:00Z", false],
    ["the next night", nights, "2026-12-05T23:00Z", false],
    ["midnight", { ...office, from: "00:00", until: "00:00" }, "2026-12-03T22:59Z", true],
    ["the day after a whole day", { ...office, from: "00:00", until: "00:00" }, "2026-12-03T23:00Z", false],
  ] as const) {
    it(`${moment} is ${inside ? "" : "not "}inside: ${what}`, () => {
      assert.equal(isInside(window, new Date(moment)), inside);
    });
  }
});
