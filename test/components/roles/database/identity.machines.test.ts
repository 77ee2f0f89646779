import assert from "node:assert/strict";
import { databaseIdentity } from "../../../../components/roles/database/identity";
import { postgresSetup } from "../../../../components/roles/database/postgresSetup";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import type { PlatformSettings } from "../../../../components/stack/settings";
import { seedSettings } from "../../../support/settings";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "./support/machine";

const settingsWith = (
  database: Partial<PlatformSettings["database"]>,
  acceptChange: string[] = [],
): PlatformSettings => ({
  ...seedSettings,
  database: { ...seedSettings.database, ...database },
  acceptChange,
});
const passwords = { application: "ApplicationPw1", backup: "BackupPw1", restore: "RestorePw1" };

const setupOf = (settings: PlatformSettings) =>
  mergeSetups(
    databaseIdentity(settings.database, settings),
    listenEarlySetup,
    postgresSetup(
      {
        database: settings.database.databaseName,
        privateIp: "10.0.3.11",
        vcpus: 4,
        memoryMb: 2048,
        applicationAddresses: ["10.0.2.11"],
        backupAddresses: ["10.0.4.11"],
      },
      passwords,
    ),
  );

describe("databaseIdentity", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("database1", ["10.0.3.11"]);
    await machine.apply(setupOf(settingsWith({ databaseName: "app" })));
  });
  after(() => machine?.stop());

  const databases = () =>
    machine.succeed(
      "runuser -u postgres -- psql -XqAt -c 'select datname from pg_database where not datistemplate'",
    );
  const hba = () => machine.succeed("cat /etc/postgresql/17/main/pg_hba.conf");

  it("serves another database while no database holds a table", async () => {
    await machine.apply(setupOf(settingsWith({ databaseName: "first" })));
    await machine.apply(setupOf(settingsWith({ databaseName: "app" })));
  });

  it("refuses an empty database while the application's has tables, before it writes anything", async () => {
    await machine.succeed("runuser -u postgres -- psql -XqAt -d app -c 'create table orders (n int)'");
    const [before, rules] = [await databases(), await hba()];
    for (const forgotten of [false, true]) {
      // Machines of earlier releases do not remember what they serve.
      if (forgotten) await machine.succeed("rm -r /etc/platform/stores");
      await assert.rejects(
        machine.apply(setupOf(settingsWith({ databaseName: "shop" }))),
        /refuses to serve database shop, which is not there, while database app has tables/,
      );
    }
    assert.deepEqual([await databases(), await hba()], [before, rules]);
  });

  it("looks into databases also when PostgreSQL was stopped", async () => {
    await machine.succeed("systemctl stop postgresql@17-main");
    await assert.rejects(machine.apply(setupOf(settingsWith({ databaseName: "shop" }))), /app has tables/);
  });

  it("refuses another engine while the cache's has its file", async () => {
    await machine.succeed("install -d /var/lib/valkey/appendonlydir; rm -f /etc/platform/stores/cache");
    await assert.rejects(
      machine.apply(setupOf(settingsWith({ cacheEngine: "redis" }))),
      /refuses to serve a redis that is empty, while valkey holds sessions and jobs/,
    );
    await machine.apply(setupOf(settingsWith({ cacheEngine: "valkey" })));
    await machine.apply(setupOf(settingsWith({ cacheEngine: "redis" }, ["database.cacheEngine=redis"])));
  });

  it("serves a database that was renamed on the machine, and an empty one that the settings accept", async () => {
    await machine.succeed(
      "runuser -u postgres -- psql -Xq -c 'alter database app rename to shop' -c 'alter role app rename to shop'",
    );
    await machine.apply(setupOf(settingsWith({ databaseName: "shop" }, ["database.databaseName=shop"])));
    await machine.apply(setupOf(settingsWith({ databaseName: "next" }, ["database.databaseName=next"])));
    assert.match(await databases(), /^next$/m);
  });

  it("has scripts that shellcheck accepts", async () => {
    for (const { content, path } of databaseIdentity(seedSettings.database, seedSettings).files) {
      if (content.startsWith("#!")) assert.equal(await shellcheck(content), "", path);
    }
  });
});
