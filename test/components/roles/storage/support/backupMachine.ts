import assert from "node:assert/strict";
import { deployKey } from "../../../../../components/machine/deployKey";
import { postgresSetup } from "../../../../../components/roles/database/postgresSetup";
import type { BackupConfig, BackupSecrets } from "../../../../../components/roles/storage/backupConfig";
import { backupSetup } from "../../../../../components/roles/storage/backupSetup";
import { ObjectStoreEngine } from "../../../../../components/roles/storage/settings";
import { storageProbes } from "../../../../../components/roles/storage/status";
import { backupRole, restoreRole } from "../../../../../components/settings/databaseAccess";
import { listenEarlySetup } from "../../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../../components/setup/merge";
import type { MachineSetup } from "../../../../../components/setup/types";
import { bootMachine, type TestMachine } from "../../database/support/machine";
import { installStore, mountTestVolume, nativeStoreSetup } from "./nativeStore";

const postgresPasswords = { application: "ApplicationPw1", backup: "BackupPw1", restore: "RestorePw1" };
const objectSecrets = { root: "RootSecretKey1", application: "AppSecretKey1" };
export const config: BackupConfig = {
  bulk: "volume",
  box: undefined,
  schedule: "*-*-* 02:00:00",
  retentionDays: 14,
  offsite: { endpoint: "http://127.0.0.1:9100", bucket: "copies", region: "us-east-1" },
  database: "app",
  databaseAddress: "10.0.3.11",
  databasePort: 5432,
  backupUser: backupRole,
  restoreUser: restoreRole,
  privateIp: "10.0.4.11",
  bucket: "app",
};
export const boxKey = deployKey(Buffer.alloc(32, 7).toString("base64"), "backups@test");
/** A storage box is an OpenSSH server on port 23; this one is the machine itself. */
export const box = { server: "127.0.0.1", username: "u1337" };
export const withBox: BackupConfig = { ...config, bulk: "storageBox", box };
export const secrets: BackupSecrets = {
  boxKey: undefined,
  sealKey: "TheKeyOfTheBackups123",
  backup: { user: backupRole, password: postgresPasswords.backup },
  restore: { user: restoreRole, password: postgresPasswords.restore },
  objectStoreRoot: objectSecrets.root,
  offsite: { accessKeyId: "offsite", secretAccessKey: "OffsiteSecret1" },
};

/** A second S3 server that stands for the bucket elsewhere. */
const offsiteUnit: MachineSetup = {
  packages: [],
  files: [
    {
      path: "/etc/systemd/system/offsite.service",
      content: `[Service]
Environment=ROOT_ACCESS_KEY_ID=offsite ROOT_SECRET_ACCESS_KEY=OffsiteSecret1 VGW_PORT=127.0.0.1:9100 VGW_HEALTH=/health
ExecStartPre=/bin/mkdir -p /srv/offsite/copies
ExecStart=/usr/local/bin/versitygw posix /srv/offsite
[Install]
WantedBy=multi-user.target
`,
    },
  ],
  steps: [],
  units: [
    {
      name: "offsite.service",
      reads: ["/etc/systemd/system/offsite.service"],
      ready: "curl -fsS http://127.0.0.1:9100/health",
    },
  ],
  checks: [],
};

const statusCommand = (of: BackupConfig): MachineSetup => ({
  probes: storageProbes({ engine: "versitygw", bucket: of.bucket }, of),
});

export const wholeSetup = (of: BackupConfig, withSecrets: BackupSecrets): MachineSetup =>
  mergeSetups(
    listenEarlySetup,
    postgresSetup(
      {
        database: "app",
        privateIp: "10.0.3.11",
        vcpus: 2,
        memoryMb: 1024,
        applicationAddresses: [],
        backupAddresses: ["10.0.4.11"],
      },
      postgresPasswords,
    ),
    nativeStoreSetup(
      {
        engine: ObjectStoreEngine.Versitygw,
        image: "x@sha256:abc",
        privateIp: "10.0.4.11",
        bucket: "app",
      },
      objectSecrets,
    ),
    offsiteUnit,
    backupSetup(of, withSecrets),
    statusCommand(of),
  );

/** Database, object store, the bucket elsewhere and the storage node on one machine, with tables and an object. */
export async function bootBackupMachine(): Promise<TestMachine> {
  const machine = await bootMachine("storage1", ["10.0.3.11", "10.0.4.11"]);
  await machine.succeed(mountTestVolume);
  // The database sees the connections of this machine as those of the storage node.
  await machine.succeed("ip route replace local 10.0.3.11 dev lo src 10.0.4.11 table local");
  await installStore(machine, "versitygw");
  await machine.apply(wholeSetup(config, secrets));
  const { sql, putObject } = commandsOf(machine);
  await sql(`create table orders (id serial primary key, note text not null);
    insert into orders (note) select md5(n::text) from generate_series(1, 20000) n;
    create table secrets (owner text, value text);
    insert into secrets values ('a', 'x'), ('b', 'y');
    alter table secrets enable row level security;
    create policy own on secrets using (owner = current_user);
    create index on orders (note);
    create view totals as select count(*) from orders`);
  await putObject("folder/one.txt", "first object");
  return machine;
}

/** What the tests do with it. */
export function commandsOf(machine: TestMachine) {
  const sql = async (query: string, database = "app") =>
    (
      await machine.succeed(
        `runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d ${database} <<'SQL'\nset role app;\n${query};\nSQL`,
      )
    ).trim();
  return {
    sql,
    putObject: (key: string, body: string) =>
      machine.succeed(
        `curl -fsS -K /etc/platform/object-store/app.curl -X PUT --data-binary '${body}' http://10.0.4.11:9000/app/${key}`,
      ),
    getObject: (bucket: string, key: string) =>
      machine.succeed(
        `curl -fsS -K /etc/platform/object-store/root.curl http://10.0.4.11:9000/${bucket}/${key}`,
      ),
    digest: (database: string) =>
      sql(
        "select count(*), md5(string_agg(id || note, ',' order by id)) from orders; select count(*) from pg_policies; select count from totals",
        database,
      ),
    backup: async () => {
      const output = await machine.succeed("platform-backup");
      return /backup (\S+):/.exec(output)?.[1] ?? assert.fail(output);
    },
    status: async () => JSON.parse(await machine.succeed("cat /srv/storage/backups/status.json")),
  };
}
