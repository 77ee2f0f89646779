// Every setting is changed in a preview of a whole platform under the real engine, and does what docs/settings.md says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { settingChanges } from "../../scripts/settingChanges/changes";
import { document, renderSettings, startPlatform } from "../../scripts/settingChanges/table";
import type { EngineStack } from "../support/engineStack";
import { drillNumbers } from "./support/record";

describe("drill: what changing a setting does", function () {
  this.timeout("20m");
  let running: EngineStack;

  before(async () => {
    running = await startPlatform();
  });
  after(() => running?.stop());

  it("is what docs/settings.md says of each", async () => {
    const [rendered, written] = [await renderSettings(running), await readFile(document, "utf8")];
    drillNumbers({ settings: settingChanges.length });
    assert.deepEqual(rendered.split("\n"), written.split("\n"), "npm run setting-changes");
  });
});
