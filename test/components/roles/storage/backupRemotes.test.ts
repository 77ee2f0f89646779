import assert from "node:assert/strict";
import type { BackupConfig, BackupSecrets } from "../../../../components/roles/storage/backupConfig";
import { remoteSections } from "../../../../components/roles/storage/backupRemotes";

const config: BackupConfig = {
  schedule: "*-*-* 02:00:00",
  retentionDays: 14,
  offsite: { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" },
  bulk: "volume",
  box: undefined,
  database: "app",
  databaseAddress: "10.0.3.11",
  databasePort: 5432,
  backupUser: "a",
  restoreUser: "a",
  privateIp: "10.0.4.11",
  bucket: "app",
};
const secrets = (secretAccessKey: string): BackupSecrets => ({
  boxKey: undefined,
  backup: { user: "a", password: "b" },
  restore: { user: "a", password: "b" },
  objectStoreRoot: "root",
  sealKey: "TheKeyOfTheBackups123",
  offsite: { accessKeyId: "id", secretAccessKey },
});

describe("remoteSections", () => {
  it("fails when a key has a second line, which rclone would take for a setting, and does not show it", () => {
    assert.match(remoteSections(config, secrets("key")), /^secret_access_key = key$/m);
    assert.throws(
      () => remoteSections(config, secrets("planted\nendpoint = http://elsewhere.example.com")),
      (error) =>
        /secret_access_key of the copy offsite must be one line/.test(String(error)) &&
        !/planted|elsewhere/.test(String(error)),
    );
  });
});
