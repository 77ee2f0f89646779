import assert from "node:assert/strict";
import { sealFolder, sealValues } from "../../../../components/roles/storage/backupSeal";

describe("sealValues", () => {
  it("is the same text at every up, and holds the key in rclone's form only", () => {
    const values = sealValues("box:platform", "TheKeyOfTheBackups123");
    assert.deepEqual(values, sealValues("box:platform", "TheKeyOfTheBackups123"));
    // `rclone reveal` of 1.60 answers the key.
    assert.equal(values.password, "NCacMHALDSDi1mQuWHCMgvL_YtvYwyQzNpHNRktWLPh0y8WSuw");
    assert.equal(values.remote, `box:platform/${sealFolder("TheKeyOfTheBackups123")}`);
  });

  it("gives each key a folder of its own, whose name does not tell the key", () => {
    assert.notEqual(sealFolder("TheKeyOfTheBackups123"), sealFolder("TheKeyOfTheBackups124"));
    assert.match(sealFolder("TheKeyOfTheBackups123"), /^sealed-[0-9a-f]{12}$/);
  });
});
