import { type CompleteSetup, completeSetup } from "../../setup/types";
import { backupScript, backupService, backupTimer } from "./backup";
import { type BackupConfig, type BackupSecrets, backupRoot } from "./backupConfig";
import { backupCredentialFiles } from "./backupCredentials";
import { remoteSteps } from "./backupRemotes";
import { objectStoreScript } from "./objectStoreScript";
import { restoreScript } from "./restore";
import { restoreObjectsScript } from "./restoreObjects";
import { utcSchedule } from "./schedule";
import { offsitePairProblem } from "./settingsRules";
import { needsStorage, storageFolder } from "./volume";

const servicePath = "/etc/systemd/system/platform-backup.service";
const timerPath = "/etc/systemd/system/platform-backup.timer";

/** Nightly backups, and the commands that take and restore one. */
export function backupSetup(config: BackupConfig, secrets: BackupSecrets): CompleteSetup {
  const unpaired = offsitePairProblem(config, secrets.offsite !== undefined);
  if (unpaired !== undefined) throw new Error(`storage.backup.offsite: ${unpaired}`);
  if ((config.box === undefined) !== (secrets.boxKey === undefined)) {
    throw new Error("a storage box and its key come together: give both or neither");
  }
  const command = (name: string, content: string) => ({
    path: `/usr/local/sbin/${name}`,
    content,
    mode: "0755",
  });
  return completeSetup({
    packages: ["postgresql-client-17", "rclone", "jq"],
    files: [
      ...backupCredentialFiles(config, secrets),
      command("platform-backup", backupScript(config)),
      command("platform-restore", restoreScript(config)),
      command("platform-restore-objects", restoreObjectsScript(config, objectStoreScript)),
      { path: servicePath, content: backupService() },
      {
        path: timerPath,
        content: backupTimer(config.schedule),
        validate: `systemd-analyze calendar '${utcSchedule(config.schedule)}' >/dev/null`,
      },
      needsStorage("platform-backup.service"),
    ],
    steps: [storageFolder(backupRoot, "root", "root", "700"), ...remoteSteps(config)],
    units: [{ name: "platform-backup.timer", reads: [timerPath, servicePath] }],
  });
}
