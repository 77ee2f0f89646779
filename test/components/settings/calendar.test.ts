import assert from "node:assert/strict";
import { isCalendarExpression, nextElapse } from "../../../components/settings/calendar";

const good = [
  "*-*-* 02:00:00",
  "*-*-* 02:00:00 UTC",
  "02:00",
  "daily",
  "weekly",
  "Sun 03:30",
  "Mon..Fri 01:00:00",
  "Sat,Sun *-*-* 04:15:00",
  "*-*-01 00:30:00",
  "2027-1..6-1,15 05:00",
  "*-*-* *:0/15:00",
  "*-*-* 00/6:00:00",
  "daily UTC",
  "Monday",
  "02-28 03:00",
  "*-*-1..31/40 02:00",
];
const bad = [
  "0 2 * * *",
  "@daily",
  "tomorrow",
  "",
  "*-*-* 24:00:00",
  "*-*-* 02:60:00",
  "*-13-* 02:00:00",
  "*-*-32 02:00:00",
  "Funday 02:00",
  "*-*-* 05..02:00:00",
  "*-*-* 02:00:00; rm -rf /",
  "*-*-* 02:00:00\n",
  "*-*-* 02:00:00 UTC UTC",
  "UTC",
  "Sat..Mon 03:00",
  "*-*-31/2 02:00",
  "*-*-* */2:00",
  "*-*-* 02:0/60",
  "1969-01-01 02:00",
  "*-*-* 02:00:00 Europe/Berlin",
  "Mon  02:00",
];

const now = new Date("2026-11-29T12:00:00Z");
const elapses: readonly (readonly [string, string | undefined])[] = [
  ["*-*-* 02:30:00 UTC", "2026-11-30T02:30:00.000Z"],
  ["*-*-* 12:00:00", "2026-11-30T12:00:00.000Z"],
  ["2026-11-29 12:00:01", "2026-11-29T12:00:01.000Z"],
  ["2026-11-29 12:00", undefined],
  ["2020-01-01 02:00", undefined],
  ["*-02-30 02:00", undefined],
  ["2100-02-29 02:00", undefined],
  ["*-02-29 02:00", "2028-02-29T02:00:00.000Z"],
  ["Mon *-02-29 02:00", "2044-02-29T02:00:00.000Z"],
  ["weekly", "2026-11-30T00:00:00.000Z"],
  ["Sat,Sun 0/8:30", "2026-11-29T16:30:00.000Z"],
  ["no schedule", undefined],
];

describe("isCalendarExpression", () => {
  for (const expression of good) {
    it(`accepts ${expression}`, () => assert.equal(isCalendarExpression(expression), true));
  }
  for (const expression of bad) {
    it(`refuses ${JSON.stringify(expression)}`, () => assert.equal(isCalendarExpression(expression), false));
  }
});

describe("nextElapse", () => {
  for (const [expression, expected] of elapses) {
    it(`says ${expected ?? "never"} to ${expression}`, () =>
      assert.equal(nextElapse(expression, now)?.toISOString(), expected));
  }
});
