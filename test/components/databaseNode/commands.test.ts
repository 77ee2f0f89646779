import assert from "node:assert/strict";
import { cacheSetup } from "../../../components/databaseNode/cache";
import {
  databaseCommands,
  databaseStatusScript,
  promoteScript,
} from "../../../components/databaseNode/commands";
import { postgresSetup } from "../../../components/databaseNode/postgresSetup";
import { CacheEngine } from "../../../components/settings";
import { listenEarlySetup } from "../../../components/setup/listenEarly";
import { mergeSetups } from "../../../components/setup/merge";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "./support/machine";

const cache = { engine: CacheEngine.Valkey, privateIp: "10.0.3.11", maxMemoryMb: 64 };

describe("the scripts of a database machine", () => {
  for (const [name, script] of [
    ["platform-status", databaseStatusScript(cache)],
    ["platform-promote", promoteScript],
  ] as const) {
    it(`${name} passes shellcheck`, async function () {
      this.timeout(60_000);
      assert.equal(await shellcheck(script), "");
    });
  }
});

describe("S0-29: platform-status and platform-promote", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("db1", ["10.0.3.11"]);
    const postgres = {
      database: "app",
      privateIp: "10.0.3.11",
      vcpus: 2,
      memoryMb: 1024,
      applicationAddresses: [],
      backupAddresses: [],
    };
    const passwords = { application: "a1", backup: "b1", restore: "c1" };
    // Elasticsearch needs a container engine: here it is down, and the status must say so.
    await machine.apply(
      mergeSetups(
        listenEarlySetup,
        postgresSetup(postgres, passwords),
        cacheSetup(cache, { application: "d1", admin: "e1" }),
        { ...databaseCommands(cache), checks: [] },
      ),
    );
  });
  after(() => machine?.stop());

  it("tells versions, roles and sizes, and fails because search is down", async () => {
    const { exitCode, output } = await machine.run("platform-status --json 2>&1");
    assert.equal(exitCode, 1);
    const status = JSON.parse(output);
    assert.equal(status.postgresql.up, true);
    assert.match(status.postgresql.version, /^17\./);
    assert.equal(status.postgresql.role, "primary");
    assert.ok(status.postgresql.databases.app > 1_000_000);
    assert.deepEqual([status.cache.up, status.cache.engine, status.cache.role], [true, "valkey", "primary"]);
    assert.equal(status.cache.maxBytes, 64 * 1024 * 1024);
    assert.deepEqual(status.search, { up: false });
  });

  it("prints a table for people", async () => {
    const { output } = await machine.run("platform-status");
    assert.match(output, /^postgresql {2}17\..* primary, timeline 1/m);
    assert.match(output, /^cache {7}valkey 8\..* primary/m);
    assert.match(output, /^search {6}DOWN$/m);
  });

  it("says down for PostgreSQL and cache that were stopped", async () => {
    await machine.succeed("systemctl stop postgresql@17-main.service valkey-server.service");
    const { output } = await machine.run("platform-status");
    assert.match(output, /^postgresql {2}DOWN$/m);
    assert.match(output, /^cache {7}DOWN$/m);
    await machine.succeed("systemctl start postgresql@17-main.service valkey-server.service");
  });

  it("does not promote a primary, and says so", async () => {
    const { exitCode, output } = await machine.run("platform-promote");
    assert.equal(exitCode, 0);
    assert.match(output, /is the primary already \(timeline 1\): nothing to promote/);
  });

  it("promotes a replica", async () => {
    await machine.succeed(`systemctl stop postgresql@17-main.service
install -o postgres -g postgres -m 0600 /dev/null /var/lib/postgresql/17/main/standby.signal
systemctl start postgresql@17-main.service
[ "$(runuser -u postgres -- psql -XqAt -c 'select pg_is_in_recovery()')" = t ]`);
    const { exitCode, output } = await machine.run("platform-promote");
    assert.equal(exitCode, 0, output);
    assert.match(output, /is the primary now \(timeline 2\)/);
    assert.match((await machine.run("platform-status")).output, /primary, timeline 2/);
  });

  it("fails with its usage on unknown arguments", async () => {
    for (const command of ["platform-status --xml", "platform-promote now"]) {
      const { exitCode, output } = await machine.run(command);
      assert.equal(exitCode, 64);
      assert.match(output, /^usage: /);
    }
  });
});
