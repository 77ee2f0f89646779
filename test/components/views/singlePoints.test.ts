import assert from "node:assert/strict";
import { planPlatform } from "../../../components/presets";
import { renderSinglePoints, singlePoints } from "../../../components/views/singlePoints";
import { seedSettings } from "../../support/settings";

const pointsOf = (settings = seedSettings) => singlePoints(planPlatform(settings), settings);

describe("single points of failure", () => {
  it("S4-4: names database and storage when there is one of each, and who needs them", () => {
    const { single, doubled } = pointsOf();
    assert.deepEqual(
      single.map(({ role, neededBy, visitors }) => [role, neededBy, visitors]),
      [
        ["database", ["edge", "app", "storage"], true],
        ["storage", ["edge", "app"], true],
      ],
    );
    assert.deepEqual(
      doubled.map(({ role, machines }) => `${role} ${machines}`),
      ["edge 2", "app 2"],
    );
  });

  it("S4-17: a layer with one machine counts, and one with two does not any more", () => {
    const one = { ...seedSettings, app: { ...seedSettings.app, count: 1 } };
    assert.deepEqual(
      pointsOf(one).single.map(({ role }) => role),
      ["app", "database", "storage"],
    );
    const cluster = pointsOf({ ...seedSettings, preset: "scaleUp" });
    assert.deepEqual(
      cluster.single.map(({ role, visitors }) => [role, visitors]),
      [["storage", false]],
    );
    const database = cluster.doubled.find(({ role }) => role === "database");
    assert.deepEqual(database?.comesLater, ["replication", "failover"]);
  });

  it("says that one machine has everything when it has", () => {
    const text = renderSinglePoints(pointsOf({ ...seedSettings, preset: "dhanman" }));
    assert.match(text, /^- server: one machine, prod-server1; no other machine needs it; visitors notice$/m);
    assert.match(text, /^No kind of machine has a second one$/m);
    assert.match(text, /^- location nbg1: all machines are in it/m);
  });
});
