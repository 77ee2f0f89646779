import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { Host } from "../../src/host/contract";
import { assertNothingLostOrDoubled, DyingCloud, type Moment, work } from "./dyingCloud";

/** Calls of the machine room, the first of each named ordinal, at which the API dies. */
const points: readonly (readonly [method: keyof Host, ordinal: number, when: Moment["when"]])[] = [
  ["createServer", 1, "before"],
  ["createServer", 2, "after"],
  ["start", 2, "before"],
  ["start", 3, "after"],
  ["reconcileNetwork", 12, "before"],
  ["reconcileNetwork", 20, "after"],
  ["createVolume", 2, "before"],
  ["createVolume", 4, "after"],
  ["attachVolume", 3, "before"],
  ["attachVolume", 5, "after"],
  ["detachVolume", 1, "before"],
  ["detachVolume", 2, "after"],
  ["removeServer", 1, "before"],
  ["removeServer", 2, "after"],
];

describe("local cloud API: kill -9", function () {
  // Fifteen processes begin one after the other; the limit is for a machine that is busy with something else.
  this.timeout(600_000);
  let cloud: DyingCloud;
  beforeEach(() => {
    cloud = new DyingCloud();
    cloud.start();
  });
  afterEach(async () => {
    await cloud.kill();
    rmSync(cloud.directory, { recursive: true, force: true });
  });

  it("before and after each kind of work of the machine room loses nothing and doubles nothing", async () => {
    const left = new Set(points);
    cloud.dies = ({ method, ordinal, when }) => {
      const point = points.find((other) => other[0] === method && other[1] === ordinal && other[2] === when);
      return point !== undefined && left.delete(point);
    };
    await work(cloud);
    assert.deepEqual([...left], [], "every point was reached");
    assert.equal(cloud.deaths, points.length);
    await assertNothingLostOrDoubled(cloud);
  });
});
