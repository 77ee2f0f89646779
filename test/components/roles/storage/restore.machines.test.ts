import assert from "node:assert/strict";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { assertSamePortrait, everythingSql, filledUnderSetting, portrait } from "./support/everything";
import { kept } from "./support/kept";
import { mountTestVolume } from "./support/nativeStore";
import { setupFor } from "./support/restoreMachine";

describe("platform-restore, with a database of everything", function () {
  this.timeout(600_000);
  let machine: TestMachine;
  let original = "";
  let everything = "";

  const psql = async (sql: string, database = "postgres") =>
    (
      await machine.succeed(
        `runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -v app=app -v db=app -d '${database}' <<'SQL'\n${sql}\nSQL`,
      )
    ).trim();
  const backup = async () =>
    /backup (\S+):/.exec(await machine.succeed("platform-backup"))?.[1] ?? assert.fail();
  const databases = () => psql("select string_agg(datname, ' ' order by datname) from pg_database");
  const asApplication = (name: string, sql: string) =>
    machine.succeed(
      `PGPASSFILE=/etc/platform/postgresql/check.pgpass psql -XqAt -h 127.0.0.1 -U '${name}' -d '${name}' -c "${sql}"`,
    );
  /** A session that stays open until the database ends it; its process number in the server. */
  const openSession = async (user: string) =>
    (
      await machine.succeed(`count() { runuser -u postgres -- psql -XqAt -c "select $1 from pg_stat_activity where datname = 'app' and query like '%still here%'"; }
systemd-run --quiet --collect runuser -u postgres -- psql -XqAt -d app -c "set role ${user}; select 'still here', pg_sleep(300)"
until [ "$(count 'count(*)')" = 1 ]; do sleep 0.05; done
count pid`)
    ).trim();

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("storage1", ["10.0.3.11", "10.0.4.11"]);
    await machine.succeed(mountTestVolume);
    await machine.succeed("ip route replace local 10.0.3.11 dev lo src 10.0.4.11 table local");
    await machine.apply(setupFor("app"));
    await psql(everythingSql, "app");
    original = await portrait(machine.succeed, "app");
    everything = await backup();
  });
  after(() => machine?.stop());

  it("brings everything back beside the database, and says which view only the application can refresh", async () => {
    const said = await machine.succeed("platform-restore --target-database beside");
    assert.ok(said.includes(filledUnderSetting), said);
    assertSamePortrait(await portrait(machine.succeed, "beside"), original);
  });

  it("brings everything back in place, while a superuser and the application are in it", async () => {
    await openSession("postgres");
    await psql("delete from shop.sorted; alter database app set timezone = 'Asia/Tokyo'", "app");
    const said = await machine.succeed("platform-restore --target-database app --overwrite app");
    assert.match(said, /the old database is app_replaced_\d{8}t\d{6}z$/);
    assertSamePortrait(await portrait(machine.succeed, "app"), original);
    assert.equal(await asApplication("app", "show timezone"), "Europe/Berlin");
  });

  it("gives up on a session that cannot be ended, says whose it is, and leaves the database open", async () => {
    const pid = await openSession("app");
    await machine.succeed(`kill -STOP ${pid}`);
    const { exitCode, output } = await machine.run(
      "PLATFORM_RESTORE_PATIENCE=1 platform-restore --target-database app --overwrite app",
    );
    const answer = await asApplication("app", "select 1");
    await machine.succeed(`kill -CONT ${pid}`);
    assert.equal(exitCode, 1, output);
    assert.equal(answer, "1");
    assert.match(output, /app stays in use, so it was not replaced; in the way:/);
    assert.match(
      output,
      new RegExp(`session ${pid} of postgres from the machine itself, active since .* UTC: `),
    );
    // Dropping a database waits for every process of the server, so this is the one case that leaves it.
    assert.match(output, /database platform_restoring is left: the next restore removes it/);
  });

  it("leaves nothing behind when it fails, and the next one removes what a killed one left", async () => {
    const before = (await databases()).replace("platform_restoring ", "");
    const control = "/usr/share/postgresql/17/extension/pg_trgm.control";
    await machine.succeed(`mv ${control} ${control}.away`);
    const { exitCode, output } = await machine.run("platform-restore --target-database broken");
    await machine.succeed(`mv ${control}.away ${control}`);
    assert.equal(exitCode, 1);
    assert.match(output, /extension "pg_trgm" is not available/);
    assert.match(output, /restore into broken failed; nothing that existed before was changed/);
    assert.equal(await databases(), before);

    await psql("create database platform_restoring");
    await psql(
      "create subscription left_over connection 'host=192.0.2.1' publication p with (connect = false)",
      "platform_restoring",
    );
    await machine.succeed("platform-restore --target-database again");
    assert.equal(await databases(), `again ${before}`);
    await psql("drop subscription from_elsewhere", "again");
    await psql("drop database again");
  });

  it("says whom it waits for, and does not wait for a copy", async () => {
    await machine.succeed(`cat >/run/hold.sh <<'END'
exec 8>>/run/platform-copies.lock; flock 8
exec 9>>/run/platform-database.lock; flock 9
echo "platform-backup, process 7, which began at some time; to stop it: systemctl stop platform-backup" >/run/platform-database.lock.holder
touch /run/holds
until grep -q waiting /run/said; do sleep 0.1; done
END
rm -f /run/said; touch /run/said; bash /run/hold.sh >/dev/null 2>&1 &
until [ -e /run/holds ]; do sleep 0.05; done`);
    const { exitCode, output } = await machine.run(
      "platform-restore --backup 20200101T000000Z --target-database x 2>&1 | tee /run/said; exit ${PIPESTATUS[0]}",
    );
    assert.match(
      output,
      /^waiting up to an hour for platform-backup, process 7, .*: systemctl stop platform-backup\ngoing on\n/,
    );
    assert.match(output, /there is no local backup 20200101T000000Z/);
    assert.equal(exitCode, 1);
    const besides = await machine.succeed(
      `flock /run/platform-copies.lock platform-restore --target-database besides`,
    );
    assert.ok(!besides.includes("waiting"), besides);
  });

  it("tables in a tablespace go to the default one, and it says which", async () => {
    await machine.succeed("install -d -o postgres -m 700 /srv/fast");
    await psql("create tablespace fast location '/srv/fast'; grant create on tablespace fast to app");
    await psql("create table shop.quick (n int) tablespace fast; insert into shop.quick values (1)", "app");
    const id = await backup();
    const said = await machine.succeed(`platform-restore --backup ${id} --target-database moved`);
    assert.match(said, /tablespace fast is not restored: shop\.quick went to the default one/);
    assert.equal(await psql("select count(*) from shop.quick", "moved"), "1");
    await machine.succeed(`rm -rf /srv/storage/backups/${id}`);
  });

  describe("on a new database machine, with roles of the former names", () => {
    before(async () => {
      await machine.succeed(`pg_dropcluster --stop 17 main
pg_createcluster 17 main >/dev/null
systemctl daemon-reload
systemctl start postgresql@17-main.service`);
      await psql(`create role backup login bypassrls; create role restore login createdb;
        comment on role backup is 'platform roles, revision 0123456789abcdef'`);
      await machine.apply(setupFor("app"));
      await backup();
    });

    it("takes the newest backup that holds tables, not that of the new, empty database, and says so", async () => {
      const said = await machine.succeed("platform-restore --target-database app --overwrite app");
      assert.match(
        said,
        new RegExp(`the newest backup \\S+ holds no tables; taking ${everything}, the newest that does`),
      );
      assert.match(
        said,
        /roles that were missing, now there without passwords: reporting Odd Role auditor team/,
      );
    });

    it("S3-105: everything is back: objects, data, settings, roles and memberships", async () => {
      assertSamePortrait(await portrait(machine.succeed, "app"), original);
    });

    for (const [title, sql, answer] of kept) {
      it(`keeps ${title}`, async () => {
        assert.equal(await psql(sql, "app"), answer);
      });
    }

    it("takes a backup of a former release, which has no facts: its roles come bare", async () => {
      await machine.succeed(
        `cd /srv/storage/backups/${everything} && rm facts.json && sed -i '/facts.json/d' SHA256SUMS`,
      );
      await psql("drop owned by auditor", "app");
      await psql("drop owned by auditor", "postgres");
      const said = await machine.succeed(`platform-restore --backup ${everything} --target-database former`);
      assert.match(said, /restored \S+ into former \(16 tables\)/);
    });
  });

  describe("with names that are key words somewhere, or long", () => {
    for (const name of ["all", "backup", `_${"long_name_".repeat(6)}2x`]) {
      it(`a database called ${name} is set up, saved, and restored in place`, async () => {
        await machine.apply(setupFor(name));
        assert.doesNotMatch(await machine.apply(setupFor(name)), /roles of PostgreSQL|database /);
        await asApplication(name, "create table mine (n int); insert into mine values (7)");
        const id = await backup();
        await asApplication(name, "drop table mine");
        await machine.succeed(
          `platform-restore --backup ${id} --target-database '${name}' --overwrite '${name}'`,
        );
        assert.equal(await asApplication(name, "select n from mine"), "7");
        assert.equal(
          await psql(`select count(*) from pg_database where datname like '${name.slice(0, 37)}_replaced_%'`),
          "1",
        );
      });
    }
  });
});
