import { postgresSetup } from "../../../../../components/roles/database/postgresSetup";
import type { BackupConfig } from "../../../../../components/roles/storage/backupConfig";
import { backupSetup } from "../../../../../components/roles/storage/backupSetup";
import { backupRole, restoreRole } from "../../../../../components/settings/databaseAccess";
import { listenEarlySetup } from "../../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../../components/setup/merge";

const passwords = { application: "ApplicationPw1", backup: "BackupPw1", restore: "RestorePw1" };

/** A database machine and a storage machine in one, for an application's database of this name. */
export const setupFor = (database: string) => {
  const backup: BackupConfig = {
    bulk: "volume",
    box: undefined,
    schedule: "*-*-* 02:00:00",
    retentionDays: 14,
    offsite: undefined,
    database,
    databaseAddress: "10.0.3.11",
    databasePort: 5432,
    backupUser: backupRole,
    restoreUser: restoreRole,
    privateIp: "10.0.4.11",
    bucket: "app",
  };
  return mergeSetups(
    listenEarlySetup,
    postgresSetup(
      {
        database,
        privateIp: "10.0.3.11",
        vcpus: 2,
        memoryMb: 1024,
        applicationAddresses: [],
        backupAddresses: ["10.0.4.11"],
      },
      passwords,
    ),
    backupSetup(backup, {
      boxKey: undefined,
      sealKey: "TheKeyOfTheBackups123",
      backup: { user: backupRole, password: passwords.backup },
      restore: { user: restoreRole, password: passwords.restore },
      objectStoreRoot: "RootSecretKey1",
      offsite: undefined,
    }),
  );
};
