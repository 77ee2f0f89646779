import assert from "node:assert/strict";
import { lastMoment, prefixOf } from "../../../src/api/storageBoxes/planTimes";

const plan = (more: object = {}) => ({
  max_snapshots: 1,
  minute: 30,
  hour: 6,
  day_of_week: null,
  day_of_month: null,
  ...more,
});

describe("moments of a snapshot plan", () => {
  // 2026-03-04 is a Wednesday.
  const cases: readonly [string, object, string, string][] = [
    ["today, when the time is past", {}, "2026-03-04T06:30:00Z", "2026-03-04T06:30:00Z"],
    ["yesterday, when it is not", {}, "2026-03-04T06:29:59Z", "2026-03-03T06:30:00Z"],
    ["the last Monday", { day_of_week: 1 }, "2026-03-04T10:00:00Z", "2026-03-02T06:30:00Z"],
    ["the last Sunday", { day_of_week: 7 }, "2026-03-04T10:00:00Z", "2026-03-01T06:30:00Z"],
    ["the first of the month", { day_of_month: 1 }, "2026-03-01T06:00:00Z", "2026-02-01T06:30:00Z"],
    ["the last month with 31 days", { day_of_month: 31 }, "2026-03-04T10:00:00Z", "2026-01-31T06:30:00Z"],
    [
      "either day of two",
      { day_of_month: 3, day_of_week: 1 },
      "2026-03-04T10:00:00Z",
      "2026-03-03T06:30:00Z",
    ],
    ["midnight", { hour: 0, minute: 0 }, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ];
  for (const [what, more, now, expected] of cases) {
    it(`are ${what}`, () => {
      assert.deepEqual(lastMoment(plan(more), new Date(now)), new Date(expected));
    });
  }

  it("name their snapshots by how often they come", () => {
    assert.equal(prefixOf(plan()), "snapshot-daily--");
    assert.equal(prefixOf(plan({ day_of_week: 3 })), "snapshot-weekly--");
    assert.equal(prefixOf(plan({ day_of_month: 3 })), "snapshot-monthly--");
  });
});
