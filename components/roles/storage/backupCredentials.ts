import type { SetupFile } from "../../setup/types";
import { type BackupConfig, type BackupSecrets, backupFolder } from "./backupConfig";
import { remoteFiles, remoteSections, s3Section } from "./backupRemotes";
import { rootAccessKey, s3Endpoint, s3Region } from "./s3";

/** Credentials of the backup commands: files that only root reads, nothing in an environment or an argument. */
export function backupCredentialFiles(config: BackupConfig, secrets: BackupSecrets): SetupFile[] {
  const login = ({ user, password }: BackupSecrets["backup"]) =>
    `${config.databaseAddress}:${config.databasePort}:*:${user}:${password}\n`;
  return [
    {
      path: `${backupFolder}/pgpass`,
      content: login(secrets.backup) + login(secrets.restore),
      mode: "0600",
    },
    { path: `${backupFolder}/rclone.conf`, content: rcloneConf(config, secrets), mode: "0600" },
    ...remoteFiles(secrets),
  ];
}

function rcloneConf(config: BackupConfig, secrets: BackupSecrets): string {
  const objects = s3Section("objects", {
    endpoint: s3Endpoint(config.privateIp),
    region: s3Region,
    access_key_id: rootAccessKey,
    secret_access_key: secrets.objectStoreRoot,
  });
  const remotes = remoteSections(config, secrets);
  return remotes === "" ? objects : `${objects}\n${remotes}`;
}
