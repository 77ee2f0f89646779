import assert from "node:assert/strict";
import { backupSetup } from "../../../../components/roles/storage/backupSetup";
import { storageProbes } from "../../../../components/roles/storage/status";
import { statusScript } from "../../../../components/setup/status";
import { shellcheck } from "../../../support/shellcheck";
import { boxKey, config, secrets, withBox } from "./support/backupMachine";

describe("backupSetup", () => {
  for (const [name, given] of [
    ["with a second copy", config],
    ["without a second copy", { ...config, offsite: undefined }],
    ["with a storage box", { ...withBox, offsite: undefined }],
    ["with a storage box and a second copy", withBox],
    ["with an object store", { ...config, bulk: "objectStore" }],
  ] as const) {
    it(`renders scripts that shellcheck accepts, ${name}`, async function () {
      this.timeout(60_000);
      const boxed = given.box === undefined ? secrets : { ...secrets, boxKey: boxKey.privateKey };
      const keys = given.offsite === undefined ? { ...boxed, offsite: undefined } : boxed;
      const { files } = backupSetup(given, keys);
      const scripts = files.filter(({ content }) => content.startsWith("#!/bin/bash"));
      assert.equal(scripts.length, 3);
      for (const { path, content } of scripts) assert.equal(await shellcheck(content), "", path);
      const status = statusScript(storageProbes({ engine: "versitygw", bucket: given.bucket }, given));
      assert.equal(await shellcheck(status), "");
    });
  }

  it("keeps credentials in files that only root reads", () => {
    for (const file of backupSetup(withBox, { ...secrets, boxKey: boxKey.privateKey }).files) {
      if (/BackupPw1|RestorePw1|RootSecretKey1|OffsiteSecret1|PRIVATE KEY/.test(file.content)) {
        assert.equal(file.mode, "0600", file.path);
      }
    }
  });

  it("fails when a storage box has no key, or a key no storage box", () => {
    assert.throws(() => backupSetup(withBox, secrets), /give both or neither/);
    assert.throws(
      () => backupSetup(config, { ...secrets, boxKey: boxKey.privateKey }),
      /give both or neither/,
    );
  });

  it("fails when a second copy has no credentials", () => {
    assert.throws(
      () => backupSetup(config, { ...secrets, offsite: undefined }),
      /storage\.backup\.offsite: got .* without credentials, allowed both or neither/,
    );
  });
});
