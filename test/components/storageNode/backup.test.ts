import assert from "node:assert/strict";
import { backupRole, restoreRole } from "../../../components/databaseNode/databaseName";
import { postgresSetup } from "../../../components/databaseNode/postgresSetup";
import { deployKey } from "../../../components/deployKey";
import { ObjectStoreEngine } from "../../../components/settings";
import { listenEarlySetup } from "../../../components/setup/listenEarly";
import { mergeSetups } from "../../../components/setup/merge";
import type { MachineSetup } from "../../../components/setup/types";
import type { BackupConfig, BackupSecrets } from "../../../components/storageNode/backupConfig";
import { backupSetup } from "../../../components/storageNode/backupSetup";
import { storageStatusScript } from "../../../components/storageNode/status";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../databaseNode/support/machine";
import { installStore, mountTestVolume, nativeStoreSetup } from "./support/nativeStore";

const postgresPasswords = { application: "ApplicationPw1", backup: "BackupPw1", restore: "RestorePw1" };
const objectSecrets = { root: "RootSecretKey1", application: "AppSecretKey1" };
const config: BackupConfig = {
  bulk: "volume",
  box: undefined,
  schedule: "*-*-* 02:00:00",
  retentionDays: 14,
  offsite: { endpoint: "http://127.0.0.1:9100", bucket: "copies", region: "us-east-1" },
  database: "app",
  databaseAddress: "10.0.3.11",
  privateIp: "10.0.4.11",
  bucket: "app",
};
const boxKey = deployKey(Buffer.alloc(32, 7).toString("base64"), "backups@test");
/** A storage box is an OpenSSH server on port 23; this one is the machine itself. */
const box = { server: "127.0.0.1", username: "u1337" };
const withBox: BackupConfig = { ...config, bulk: "storageBox", box };
const secrets: BackupSecrets = {
  boxKey: undefined,
  backup: { user: backupRole, password: postgresPasswords.backup },
  restore: { user: restoreRole, password: postgresPasswords.restore },
  objectStoreRoot: objectSecrets.root,
  offsite: { accessKeyId: "offsite", secretAccessKey: "OffsiteSecret1" },
};

describe("backupSetup", () => {
  for (const [name, given] of [
    ["with a second copy", config],
    ["without a second copy", { ...config, offsite: undefined }],
    ["with a storage box", { ...withBox, offsite: undefined }],
    ["with a storage box and a second copy", withBox],
    ["with an object store", { ...config, bulk: "objectStore" }],
  ] as const) {
    it(`renders scripts that shellcheck accepts, ${name}`, async function () {
      this.timeout(60_000);
      const keys = given.box === undefined ? secrets : { ...secrets, boxKey: boxKey.privateKey };
      const { files } = backupSetup(given, keys);
      const scripts = files.filter(({ content }) => content.startsWith("#!/bin/bash"));
      assert.equal(scripts.length, 3);
      for (const { path, content } of scripts) assert.equal(await shellcheck(content), "", path);
      const status = storageStatusScript(given, "versitygw");
      assert.equal(await shellcheck(status), "");
    });
  }

  it("keeps credentials in files that only root reads", () => {
    for (const file of backupSetup(withBox, { ...secrets, boxKey: boxKey.privateKey }).files) {
      if (/BackupPw1|RestorePw1|RootSecretKey1|OffsiteSecret1|PRIVATE KEY/.test(file.content)) {
        assert.equal(file.mode, "0600", file.path);
      }
    }
  });

  it("fails when a storage box has no key, or a key no storage box", () => {
    assert.throws(() => backupSetup(withBox, secrets), /give both or neither/);
    assert.throws(
      () => backupSetup(config, { ...secrets, boxKey: boxKey.privateKey }),
      /give both or neither/,
    );
  });

  it("fails when a second copy has no credentials", () => {
    assert.throws(
      () => backupSetup(config, { ...secrets, offsite: undefined }),
      /storage\.backup\.offsite names .* without credentials: set both secrets or remove it/,
    );
  });
});

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
  packages: [],
  files: [
    {
      path: "/usr/local/sbin/platform-status",
      content: storageStatusScript(of, "versitygw"),
      mode: "0755",
    },
  ],
  steps: [],
  units: [],
  checks: [],
});

const wholeSetup = (of: BackupConfig, withSecrets: BackupSecrets): MachineSetup =>
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

describe("backup and restore, for real", function () {
  this.timeout(900_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("storage1", ["10.0.3.11", "10.0.4.11"]);
    await machine.succeed(mountTestVolume);
    // The database sees the connections of this machine as those of the storage node.
    await machine.succeed("ip route replace local 10.0.3.11 dev lo src 10.0.4.11 table local");
    await installStore(machine, "versitygw");
    await machine.apply(wholeSetup(config, secrets));
    await sql(`create table orders (id serial primary key, note text not null);
      insert into orders (note) select md5(n::text) from generate_series(1, 20000) n;
      create table secrets (owner text, value text);
      insert into secrets values ('a', 'x'), ('b', 'y');
      alter table secrets enable row level security;
      create policy own on secrets using (owner = current_user);
      create index on orders (note);
      create view totals as select count(*) from orders`);
    await putObject("folder/one.txt", "first object");
  });
  after(() => machine?.stop());

  const sql = async (query: string, database = "app") =>
    (
      await machine.succeed(
        `runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d ${database} <<'SQL'\nset role app;\n${query};\nSQL`,
      )
    ).trim();
  const putObject = (key: string, body: string) =>
    machine.succeed(
      `curl -fsS -K /etc/platform/object-store/app.curl -X PUT --data-binary '${body}' http://10.0.4.11:9000/app/${key}`,
    );
  const getObject = (bucket: string, key: string) =>
    machine.succeed(
      `curl -fsS -K /etc/platform/object-store/root.curl http://10.0.4.11:9000/${bucket}/${key}`,
    );
  const digest = (database: string) =>
    sql(
      "select count(*), md5(string_agg(id || note, ',' order by id)) from orders; select count(*) from pg_policies; select count from totals",
      database,
    );
  const backup = async () => {
    const output = await machine.succeed("platform-backup");
    return /backup (\S+):/.exec(output)?.[1] ?? assert.fail(output);
  };
  const status = async () => JSON.parse(await machine.succeed("cat /srv/storage/backups/status.json"));
  let first = "";

  it("S0-29: platform-status says that there is no backup yet", async () => {
    const { exitCode, output } = await machine.run("platform-status");
    assert.match(output, /^backup {8}up, none yet, 0 kept, next .*02:00:00 UTC$/m);
    assert.match(output, /^object store {2}up, versitygw, bucket app$/m);
    // The log archive has tests of its own and is not on this machine.
    assert.match(output, /^log archive {3}DOWN/m);
    assert.equal(exitCode, 1);
  });

  it("S0-18: a dump lands on the volume with a checksum that verifies", async () => {
    first = await backup();
    await machine.succeed(
      `cd /srv/storage/backups/${first} && sha256sum --check --quiet --strict SHA256SUMS && pg_restore --list app.dump >/dev/null && [ "$(stat -c %a .)" = 700 ]`,
    );
    assert.deepEqual(
      [(await status()).result, (await status()).lastSuccess, (await status()).copies],
      ["success", first, { offsite: "success" }],
    );
    // Row level security hides nothing from the backup role.
    const rows = await machine.succeed(
      `pg_restore --file=- --data-only --table=secrets /srv/storage/backups/${first}/app.dump | grep -c '^[ab]'`,
    );
    assert.equal(rows.trim(), "2");
  });

  it("S0-18: the nightly timer waits for its time and runs at low priority", async () => {
    const properties =
      await machine.succeed(`systemctl show -p NextElapseUSecRealtime --value platform-backup.timer
systemctl show -p Nice -p IOSchedulingClass platform-backup.service`);
    assert.match(properties, /02:00:00 UTC\n/);
    assert.match(properties, /Nice=10/);
    assert.match(properties, /IOSchedulingClass=3/);
  });

  it("S0-28: restores the local backup into a new database with equal content", async () => {
    const said = await machine.succeed("platform-restore --target-database checked");
    assert.match(said, new RegExp(`restored ${first} into checked \\(2 tables\\)`));
    assert.equal(await digest("checked"), await digest("app"));
  });

  it("refuses to touch a database that exists without its name repeated", async () => {
    for (const command of [
      "platform-restore --target-database app",
      "platform-restore --target-database app --overwrite checked",
    ]) {
      const { exitCode, output } = await machine.run(command);
      assert.equal(exitCode, 73);
      assert.match(output, /database app exists: .* add --overwrite app/);
    }
  });

  const mistakes = [
    ["platform-restore", 64],
    ["platform-restore --target-database", 64],
    ["platform-restore --target-database 'a; drop'", 64],
    ["platform-restore --target-database postgres", 64],
    ["platform-restore --from moon --target-database x", 64],
    ["platform-restore --backup ../../etc --target-database x", 64],
    ["platform-restore --backup 20200101T000000Z --target-database x", 1],
    ["platform-restore-objects --target-bucket 'Bad Name'", 64],
    ["platform-backup now", 64],
  ] as const;
  for (const [command, expected] of mistakes) {
    it(`fails on: ${command}`, async () => {
      assert.equal((await machine.run(command)).exitCode, expected);
    });
  }

  it("S0-28: restores the offsite copy in place and keeps the damaged database", async () => {
    const before = await digest("app");
    await sql("delete from orders where id % 2 = 0");
    const said = await machine.succeed(
      "platform-restore --from offsite --target-database app --overwrite app",
    );
    const kept = /the old database is (\S+)/.exec(said)?.[1] ?? assert.fail(said);
    assert.equal(await digest("app"), before);
    assert.match(await digest(kept), /^10000\|/);
    // The application goes on with the same login, the backup with the next night.
    await machine.succeed(
      "PGPASSFILE=/etc/platform/postgresql/check.pgpass psql -XqAt -h 127.0.0.1 -U app -d app -c \"insert into orders (note) values ('after')\"",
    );
    await backup();
  });

  it("B4: finds a flipped byte and says where to go", async () => {
    const second = await backup();
    await machine.succeed(`file=$(find /srv/storage/backups/${second}/app.dump -name '*.zst' | head -n 1)
printf '\\xff' | dd of="$file" bs=1 seek=20 conv=notrunc status=none`);
    const { exitCode, output } = await machine.run("platform-restore --target-database damaged");
    assert.equal(exitCode, 1);
    assert.match(output, /backup \S+ is damaged: use another one, or another copy with --from/);
    await machine.succeed(`platform-restore --from offsite --backup ${second} --target-database damaged`);
    assert.equal(await digest("damaged"), await digest("app"));
  });

  it("S0-28: copies objects offsite, keeps what was replaced, and brings them back", async () => {
    await putObject("folder/one.txt", "changed object");
    await putObject("two.txt", "second object");
    const id = await backup();
    const replaced = await machine.succeed(
      `find /srv/offsite/copies/objects-replaced/${id} -type f -exec cat {} +`,
    );
    assert.equal(replaced, "first object");
    const said = await machine.succeed("platform-restore-objects --target-bucket again");
    assert.match(said, /2 objects/);
    assert.equal(await getObject("again", "folder/one.txt"), "changed object");
    const refused = await machine.run("platform-restore-objects --target-bucket app");
    assert.equal(refused.exitCode, 73);
  });

  it("does not let an empty bucket replace the offsite copy", async () => {
    await machine.succeed(`for key in folder/one.txt two.txt; do
curl -fsS -K /etc/platform/object-store/root.curl -X DELETE http://10.0.4.11:9000/app/$key; done`);
    const { exitCode, output } = await machine.run("platform-backup");
    assert.equal(exitCode, 1);
    assert.match(output, /bucket app is empty and its offsite copy is not/);
    await machine.succeed("platform-restore-objects --target-bucket app");
    assert.equal(await getObject("app", "two.txt"), "second object");
    await backup();
  });

  it("removes what is older than the retention, never the newest, and what a crash left", async () => {
    await machine.succeed("cd /srv/storage/backups && mkdir 20200101T020000Z .incomplete-20200102T020000Z");
    const id = await backup();
    const left = await machine.succeed("ls -A /srv/storage/backups");
    assert.ok(!left.includes("2020"), left);
    assert.ok(left.includes(id) && left.includes(first));
  });

  it("keeps the last good backup when one is killed, and the next run succeeds", async () => {
    const before = (await status()).lastSuccess;
    await machine.succeed(`platform-backup & pid=$!
until ls -d /srv/storage/backups/.incomplete-* >/dev/null 2>&1; do sleep 0.01; done
kill -9 $pid; wait $pid 2>/dev/null || true
[ "$(cat /srv/storage/backups/last-success)" = ${before} ]`);
    // A client of the killed run may still hold its snapshot; the lock is free at once.
    const id = await backup();
    assert.notEqual(id, before);
    assert.equal((await machine.run("ls -d /srv/storage/backups/.incomplete-*")).exitCode, 2);
  });

  it("reports a failure and keeps what it has when the database is down", async () => {
    const before = (await status()).lastSuccess;
    await machine.succeed("systemctl stop postgresql@17-main.service");
    const { exitCode, output } = await machine.run("systemctl start platform-backup.service");
    await machine.succeed("systemctl start postgresql@17-main.service");
    assert.equal(exitCode, 1, output);
    const now = await status();
    assert.deepEqual([now.result, now.step, now.lastSuccess], ["failure", "dump of app", before]);
    await backup();
  });

  it("S0-29: platform-status tells what is there, as JSON", async () => {
    const { output } = await machine.run("platform-status --json");
    const all = JSON.parse(output);
    assert.equal(all.volume.up, true);
    assert.ok(all.volume.bytes > all.volume.usedBytes);
    assert.deepEqual(all.objectStore, { up: true, engine: "versitygw", bucket: "app", reasons: [] });
    assert.deepEqual(
      [all.backup.up, all.backup.last.result, all.backup.copies],
      [true, "success", ["offsite"]],
    );
    assert.ok(all.backup.kept >= 2);
  });

  it("S0-16: keeps backups on a storage box and only the newest on the volume", async () => {
    await machine.succeed(`useradd --create-home --shell /bin/bash ${box.username}
install -d -o ${box.username} -m 700 /home/${box.username}/.ssh
echo '${boxKey.publicKey}' >/home/${box.username}/.ssh/authorized_keys
mkdir -p /run/sshd /srv/box-sshd
for type in rsa ed25519; do ssh-keygen -q -t $type -N '' -f /srv/box-sshd/$type; done
/usr/sbin/sshd -p 23 -h /srv/box-sshd/rsa -h /srv/box-sshd/ed25519 -o PidFile=/run/box-sshd.pid`);
    await machine.apply(wholeSetup(withBox, { ...secrets, boxKey: boxKey.privateKey }));
    const ids = [await backup(), await backup(), await backup()];
    assert.deepEqual((await status()).copies, { box: "success", offsite: "success" });
    const local = (await machine.succeed("platform-restore --list")).trim().split("\n");
    assert.deepEqual(local, ids.slice(-2));
    const kept = (await machine.succeed("platform-restore --list --from box")).trim().split("\n");
    assert.deepEqual(kept, ids);
    assert.equal(
      (await machine.succeed(`cat /home/${box.username}/platform/objects/app/two.txt`)).trim(),
      "second object",
    );
    assert.match(await machine.succeed("platform-status || true"), /, box success, offsite success/);
  });

  it("S0-16, S0-28: restores a backup that only the storage box has", async () => {
    const [oldest] = (await machine.succeed("platform-restore --list --from box")).split("\n");
    assert.equal((await machine.run(`ls -d /srv/storage/backups/${oldest}`)).exitCode, 2);
    await machine.succeed(`platform-restore --from box --backup ${oldest} --target-database from_box`);
    assert.equal(await digest("from_box"), await digest("app"));
    const said = await machine.succeed("platform-restore-objects --from box --target-bucket from-box");
    assert.match(said, /restored the box objects into from-box: \d+ objects/);
  });

  it("keeps the local backups when the storage box is another one than before", async () => {
    await machine.succeed(`kill "$(cat /run/box-sshd.pid)"
rm /srv/box-sshd/*; for type in rsa ed25519; do ssh-keygen -q -t $type -N '' -f /srv/box-sshd/$type; done
/usr/sbin/sshd -p 23 -h /srv/box-sshd/rsa -h /srv/box-sshd/ed25519 -o PidFile=/run/box-sshd.pid`);
    const { exitCode, output } = await machine.run("platform-backup");
    assert.equal(exitCode, 1, output);
    assert.deepEqual((await status()).copies, { box: "failure" });
    const local = (await machine.succeed("platform-restore --list")).trim().split("\n");
    assert.equal(local.length, 3, "nothing expires before it was copied");
  });

  it("does nothing without the volume", async () => {
    await machine.succeed("mv /srv/storage/.platform-volume /srv/storage/.away");
    const { exitCode, output } = await machine.run("platform-backup");
    await machine.succeed("mv /srv/storage/.away /srv/storage/.platform-volume");
    assert.equal(exitCode, 1);
    assert.match(output, /\/srv\/storage is not mounted/);
  });

  it("shows no secret in the journal", async () => {
    const found = await machine.run(
      "journalctl -o cat | grep -E 'BackupPw|RestorePw|SecretKey1|OffsiteSecret'",
    );
    // The unit file of the stand-in for the bucket elsewhere is the test's own.
    assert.equal(found.output.replaceAll(/.*ROOT_SECRET_ACCESS_KEY=OffsiteSecret1.*\n/g, ""), "");
  });
});
