import assert from "node:assert/strict";
import { postgresSetup } from "../../../../components/roles/database/postgresSetup";
import { storageSetup } from "../../../../components/roles/storage/setup";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import type { MachineSetup } from "../../../../components/setup/types";
import { seedSettings } from "../../../support/settings";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { mountTestVolume } from "./support/nativeStore";

const passwords = { dump: "Dump:Pw\\1", fill: "Fill:Pw\\2" };

/** A PostgreSQL with a database of the application. */
const postgres = postgresSetup(
  {
    database: "shop",
    privateIp: "10.0.3.11",
    vcpus: 2,
    memoryMb: 1024,
    applicationAddresses: [],
    backupAddresses: [],
  },
  { application: "ApplicationPw1", backup: "BackupPw1", restore: "RestorePw1" },
);

/** Of a storage node that was told of that database: the commands, what they read, and where they write. */
function backupCommands(): MachineSetup {
  const { files, steps } = storageSetup(
    { ...seedSettings.storage, bucket: "media" },
    {},
    {
      privateIp: "10.0.4.11",
      volumeId: 7,
      objectStoreImage: "versity/versitygw@sha256:abc",
      box: undefined,
      database: {
        name: "shop",
        address: "10.0.3.11",
        port: 5432,
        backup: { user: "dumper", password: passwords.dump },
        restore: { user: "filler", password: passwords.fill },
      },
    },
    {
      objectStore: { root: "RootSecretKey1", application: "AppSecretKey1" },
      boxKey: undefined,
      sealKey: "TheKeyOfTheBackups123",
      offsite: undefined,
    },
  );
  return {
    packages: ["postgresql-client-17", "jq"],
    files: files.filter(({ path }) =>
      /^\/(etc\/platform|usr\/local\/sbin\/platform-)\/?(backup|restore)/.test(path),
    ),
    steps: steps.filter(({ name }) => name === "folder /srv/storage/backups"),
  };
}

describe("backups of a database that the platform has not made, with logins of its own", function () {
  this.timeout(300_000);
  let machine: TestMachine;
  const psql = async (sql: string, database = "postgres") =>
    (
      await machine.succeed(
        `runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d '${database}' <<'SQL'\n${sql}\nSQL`,
      )
    ).trim();

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("storage1", ["10.0.3.11", "10.0.4.11"]);
    await machine.succeed(mountTestVolume);
    await machine.succeed("ip route replace local 10.0.3.11 dev lo src 10.0.4.11 table local");
    await machine.apply(mergeSetups(listenEarlySetup, postgres, backupCommands()));
    await psql(`create role dumper superuser login password '${passwords.dump}';
      create role filler superuser login password '${passwords.fill}';
      alter role platform_backup nologin;
      alter role platform_restore nologin`);
    await machine.succeed(`hba=$(runuser -u postgres -- psql -XqAt -c 'show hba_file')
echo 'host all dumper,filler 10.0.4.11/32 scram-sha-256' >>"$hba"
systemctl reload postgresql@17-main`);
    await psql("create table orders as select n, md5(n::text) note from generate_series(1, 1000) n", "shop");
  });
  after(() => machine?.stop());

  it("are taken and restored beside it, whatever signs the passwords have", async () => {
    assert.match(await machine.succeed("platform-backup"), /1 tables/);
    await machine.succeed("platform-restore --target-database beside");
    const rows = "select count(*), md5(string_agg(note, ',' order by n)) from orders";
    assert.equal(await psql(rows, "beside"), await psql(rows, "shop"));
  });

  it("say nothing of the logins themselves, which a restore must not make", async () => {
    const roles = await machine.succeed(
      "jq -r '.roles[].name' /srv/storage/backups/2*Z/facts.json | sort | tr '\\n' ' '",
    );
    assert.match(roles, /\bshop\b/);
    assert.doesNotMatch(roles, /dumper|filler/);
  });
});
