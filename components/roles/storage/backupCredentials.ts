import type { DatabaseCredential } from "../../settings/databaseAccess";
import type { SetupFile } from "../../setup/types";
import { type BackupConfig, type BackupSecrets, backupFolder } from "./backupConfig";
import { remoteFiles, remoteSections, s3Section } from "./backupRemotes";
import { rootAccessKey, s3Endpoint, s3Region } from "./s3";

/** Credentials of the backup commands: files that only root reads, nothing in an environment or an argument. */
export function backupCredentialFiles(config: BackupConfig, secrets: BackupSecrets): SetupFile[] {
  // In this file a colon ends a field, unless it is escaped.
  const login = ({ user, password }: DatabaseCredential) =>
    `${config.databaseAddress}:${config.databasePort}:*:${user}:${password.replace(/[\\:]/g, "\\$&")}\n`;
  return [
    {
      path: `${backupFolder}/pgpass`,
      content: login(secrets.backup) + login(secrets.restore),
      mode: "0600",
    },
    rcloneFile(config.privateIp, secrets.objectStoreRoot, remoteSections(config, secrets)),
    ...remoteFiles(secrets),
  ];
}

/** With what rclone reaches the object store, and the remotes where there are any. */
export function rcloneFile(privateIp: string, objectStoreRoot: string, remotes = ""): SetupFile {
  const objects = s3Section("objects", {
    endpoint: s3Endpoint(privateIp),
    region: s3Region,
    access_key_id: rootAccessKey,
    secret_access_key: objectStoreRoot,
  });
  const content = remotes === "" ? objects : `${objects}\n${remotes}`;
  return { path: `${backupFolder}/rclone.conf`, content, mode: "0600" };
}
