import assert from "node:assert/strict";
import { planPlatform } from "../../../components/presets";
import { PresetName } from "../../../components/presets/name";
import { BulkBackend } from "../../../components/roles/storage/settings";
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

  it("says what is lost with a machine: what nobody copies, and what came since the last copy", () => {
    const { storage } = seedSettings;
    const dataOf = (changes: Partial<typeof storage>) =>
      pointsOf({ ...seedSettings, storage: { ...storage, ...changes } }).single.flatMap(({ data }) =>
        data.map(({ what, copy }) => [what, copy]),
      );
    const dataIn = (database: string, objects: string | null) => [
      ["the application's data", database],
      ["sessions and jobs", null],
      ["objects", objects],
      ["the log archive", null],
    ];
    assert.deepEqual(dataOf({ bulk: BulkBackend.StorageBox }), dataIn("outside", "outside"));
    const { offsite: _, ...backup } = storage.backup;
    const onVolume = { bulk: BulkBackend.Volume, backup };
    assert.deepEqual(dataOf(onVolume), dataIn("storage", null));
    const text = renderSinglePoints(pointsOf({ ...seedSettings, storage: { ...storage, ...onVolume } }));
    assert.match(
      text,
      /^ {2}lost with it: what came to the application's data since the last copy on storage$/m,
    );
    assert.match(text, /^ {2}lost with it: objects, of which there is no copy$/m);
    const one = { ...seedSettings, preset: PresetName.Dhanman, storage: { ...storage, ...onVolume } };
    const kept = pointsOf(one).single.flatMap(({ data }) => data);
    assert.ok(kept.length > 0);
    assert.deepEqual(
      [...new Set(kept.map(({ copy }) => copy))],
      [null],
      "a copy on the machine itself is none",
    );
  });

  it("says that one machine has everything when it has", () => {
    const text = renderSinglePoints(pointsOf({ ...seedSettings, preset: "dhanman" }));
    assert.match(text, /^- server: one machine, prod-server1; no other machine needs it; visitors notice$/m);
    assert.match(text, /^No kind of machine has a second one$/m);
    assert.match(text, /^- location nbg1: all machines are in it/m);
  });
});
