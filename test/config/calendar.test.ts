import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { isCalendarExpression } from "../../config/calendar";

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
];

describe("isCalendarExpression", () => {
  for (const expression of good) {
    it(`accepts ${expression}`, () => assert.equal(isCalendarExpression(expression), true));
  }
  for (const expression of bad) {
    it(`refuses ${JSON.stringify(expression)}`, () => assert.equal(isCalendarExpression(expression), false));
  }

  it("accepts nothing that systemd refuses", function () {
    const judge = spawnSync("systemd-analyze", ["calendar", ...good], { encoding: "utf8" });
    if (judge.error !== undefined) return this.skip();
    assert.equal(judge.status, 0, judge.stderr);
  });
});
