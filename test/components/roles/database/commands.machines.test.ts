import assert from "node:assert/strict";
import { cacheAdminEnv, cacheSetup } from "../../../../components/roles/database/cache";
import { databaseCommands, promoteScript } from "../../../../components/roles/database/commands";
import { searchAdminCurl } from "../../../../components/roles/database/elasticsearch";
import { postgresSetup } from "../../../../components/roles/database/postgresSetup";
import { CacheEngine } from "../../../../components/roles/database/settings";
import { databaseProbes } from "../../../../components/roles/database/status";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import { statusScript } from "../../../../components/setup/status";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "./support/machine";

const cache = { engine: CacheEngine.Valkey, privateIp: "10.0.3.11", maxMemoryMb: 64 };

const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d app";

/** Elasticsearch's answers to the two questions of the status, from a few lines of Perl at its port. */
function startSearch(status: string): string {
  const stats = { status, indices: { count: 1, docs: { count: 2 }, store: { size_in_bytes: 3 } } };
  const heap = { nodes: { jvm: { mem: { heap_used_in_bytes: 4, heap_max_in_bytes: 5 } } } };
  return `systemctl stop search.service 2>/dev/null || true
install -D /dev/null ${searchAdminCurl}
cat >/usr/local/bin/search <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "10.0.3.11", LocalPort => 9200, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $line = <$client>;
  while (my $header = <$client>) { last if $header =~ /^\\r?$/ }
  my $body = $line =~ m{_cluster/stats} ? '${JSON.stringify({ ...stats, ...heap })}' : '{"version":{"number":"8.19.21"}}';
  print $client "HTTP/1.0 200 OK\\r\\nContent-Type: application/json\\r\\n\\r\\n$body";
  close $client;
}
END
systemd-run -q --unit=search perl /usr/local/bin/search
until curl -s -o /dev/null http://10.0.3.11:9200/; do sleep 0.05; done`;
}

describe("the scripts of a database machine", () => {
  for (const [name, script] of [
    ["platform-status", statusScript(databaseProbes(cache))],
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
    machine = await bootMachine("database1", ["10.0.3.11"]);
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

  /** What the status finds wrong; its exit status must say the same. */
  const wrong = async (): Promise<string[]> => {
    const { exitCode, output } = await machine.run("platform-status --json");
    const { reasons, up } = JSON.parse(output);
    assert.deepEqual([up, exitCode], reasons.length === 0 ? [true, 0] : [false, 1], output);
    return reasons;
  };

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
    assert.deepEqual(status.search, { up: false, running: false, reasons: ["does not answer"] });
    assert.deepEqual([status.up, status.reasons], [false, ["search: does not answer"]]);
  });

  it("prints a table for people", async () => {
    const { output } = await machine.run("platform-status");
    assert.match(output, /^postgresql {2}up, 17\..* primary, timeline 1/m);
    assert.match(output, /^cache {7}up, valkey 8\..* primary/m);
    assert.match(output, /^search {6}DOWN: does not answer$/m);
  });

  it("says down for PostgreSQL and cache that were stopped", async () => {
    await machine.succeed("systemctl stop postgresql@17-main.service valkey-server.service");
    const { output } = await machine.run("platform-status");
    assert.match(output, /^postgresql {2}DOWN: does not answer$/m);
    assert.match(output, /^cache {7}DOWN: does not answer$/m);
    await machine.succeed("systemctl start postgresql@17-main.service valkey-server.service");
  });

  it("is up when all three answer and nothing is wrong, and yellow is nothing wrong", async () => {
    await machine.succeed(startSearch("yellow"));
    const { exitCode, output } = await machine.run("platform-status");
    assert.equal(exitCode, 0, output);
    assert.match(
      output,
      /^search {6}up, elasticsearch 8\.19\.21 yellow \(one node keeps no second copies\)/m,
    );
    assert.match(output, /^disks {7}up, \/ \d+ %/m);
  });

  it("says down for a red cluster that answers", async () => {
    await machine.succeed(startSearch("red"));
    assert.deepEqual(await wrong(), ["search: red: an index is incomplete"]);
    assert.match(
      (await machine.run("platform-status")).output,
      /^search {6}DOWN: red: an index is incomplete, elasticsearch 8/m,
    );
    await machine.succeed(startSearch("green"));
    assert.deepEqual(await wrong(), []);
  });

  it("lets a set-up end although a cluster is red, and not when one does not answer", async () => {
    const [check] = databaseCommands(cache).checks;
    await machine.succeed(startSearch("red"));
    assert.equal((await machine.run(check?.command ?? "")).exitCode, 0);
    await machine.succeed("systemctl stop search.service");
    const silent = await machine.run(check?.command ?? "");
    assert.equal(silent.exitCode, 1);
    assert.match(silent.output, /^search {6}DOWN: does not answer$/m);
    await machine.succeed(startSearch("green"));
  });

  it("says down for a cache whose append-only file cannot be written", async () => {
    await machine.succeed(`systemctl stop valkey-server.service
mount -t tmpfs -o size=2m,mode=0750,uid=$(id -u valkey),gid=$(id -g valkey) cache /var/lib/valkey
systemctl start valkey-server.service
fallocate -l 2M /var/lib/valkey/filler 2>/dev/null || dd if=/dev/zero of=/var/lib/valkey/filler bs=4k 2>/dev/null || true
set -a; . ${cacheAdminEnv}
for i in $(seq 50); do
  valkey-cli -h 10.0.3.11 --no-auth-warning --user admin set "key$i" "$(head -c 4000 /dev/zero | tr '\\0' x)" >/dev/null
  if valkey-cli -h 10.0.3.11 --no-auth-warning --user admin info persistence | grep -q aof_last_write_status:err; then break; fi
done`);
    const reasons = await wrong();
    assert.match(reasons[0] ?? "", /^cache: the append-only file could not be written/);
    await machine.succeed(`systemctl stop valkey-server.service
umount /var/lib/valkey
systemctl start valkey-server.service`);
    await machine.succeed("until platform-status >/dev/null; do sleep 0.2; done");
  });

  it("says down for a file system that is full, by bytes and by inodes", async () => {
    await machine.succeed(`mkdir -p /var/lib/docker
mount -t tmpfs -o size=1m,nr_inodes=20 docker /var/lib/docker
head -c 950000 /dev/zero >/var/lib/docker/filler`);
    assert.deepEqual(await wrong(), ["fileSystems: /var/lib/docker is full: 91 %"]);
    assert.match(
      (await machine.run("platform-status")).output,
      /^disks {7}DOWN: \/var\/lib\/docker is full: 91 %, \/ \d+ %/m,
    );
    await machine.succeed("rm /var/lib/docker/filler; for i in $(seq 18); do touch /var/lib/docker/$i; done");
    assert.match(
      String(await wrong()),
      /^fileSystems: \/var\/lib\/docker is full: 9\d %|100 % of its inodes$/,
    );
    await machine.succeed("umount /var/lib/docker");
  });

  it("says down for data that the disk damaged", async () => {
    await machine.succeed(`${psql} -c "create table damaged as select md5(n::text) from generate_series(1, 1000) n" -c checkpoint
file=/var/lib/postgresql/17/main/$(${psql} -c "select pg_relation_filepath('damaged')")
systemctl stop postgresql@17-main.service
printf 'XXXX' | dd of="$file" bs=1 seek=4000 conv=notrunc 2>/dev/null
systemctl start postgresql@17-main.service
! ${psql} -c "select count(*) from damaged" 2>/dev/null`);
    const status = JSON.parse((await machine.run("platform-status --json")).output);
    assert.deepEqual([status.up, status.postgresql.up, status.postgresql.running], [false, false, true]);
    assert.match(
      status.reasons[0],
      /^postgresql: \d+ checksum failures in app: the disk or memory damaged data$/,
    );
    await machine.succeed(`${psql} -c "drop table damaged" -c "select pg_stat_reset()"`);
    assert.deepEqual(await wrong(), []);
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
    for (const [command, status] of [
      ["platform-status --xml", 2],
      ["platform-status --json --json", 2],
      ["platform-promote now", 64],
    ] as const) {
      const { exitCode, output } = await machine.run(command);
      assert.equal(exitCode, status);
      assert.match(output, /^usage: /);
    }
  });
});
