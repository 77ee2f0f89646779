import assert from "node:assert/strict";
import { type BackupConfig, copiesLock } from "../../../../components/roles/storage/backupConfig";
import { backupSetup } from "../../../../components/roles/storage/backupSetup";
import { storageProbes } from "../../../../components/roles/storage/status";
import { mergeSetups } from "../../../../components/setup/merge";
import { statusScript } from "../../../../components/setup/status";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const config: BackupConfig = {
  bulk: "volume",
  box: undefined,
  // Every day at the time that was an hour ago.
  schedule: `*-*-* ${hoursAgo(1).toISOString().slice(11, 16)}:00 UTC`,
  retentionDays: 14,
  offsite: undefined,
  database: "app",
  databaseAddress: "10.0.3.11",
  databasePort: 5432,
  backupUser: "backup",
  restoreUser: "restore",
  privateIp: "10.0.4.11",
  bucket: "app",
};
const withCopy = {
  ...config,
  offsite: { endpoint: "http://127.0.0.1:9100", bucket: "copies", region: "us-east-1" },
};
const root = "/srv/storage/backups";
const setupFiles = "/etc/systemd/system/platform-backup.timer /usr/local/sbin/platform-backup";
const secrets = {
  boxKey: undefined,
  sealKey: "TheKeyOfTheBackups123",
  backup: { user: "backup", password: "b" },
  restore: { user: "restore", password: "r" },
  objectStoreRoot: "s",
  offsite: undefined,
};

const idOf = (time: Date) => `${time.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;

describe("platform-status of a storage machine, the daily backup was due an hour ago", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("storage1", ["10.0.3.11", "10.0.4.11"]);
    // A volume of one megabyte, so that it can be filled.
    await machine.succeed(`mkdir -p /srv/storage
mount -t tmpfs -o size=1m volume /srv/storage
echo 7 >/srv/storage/.platform-volume`);
    const script = (name: string, of: BackupConfig) => ({
      path: `/usr/local/sbin/${name}`,
      content: statusScript(storageProbes({ engine: "versitygw", bucket: of.bucket }, of)),
      mode: "0755",
    });
    await machine.apply(
      mergeSetups(backupSetup(config, secrets), {
        packages: ["jq"],
        files: [script("platform-status", config), script("status-with-copy", withCopy)],
      }),
    );
    await machine.succeed("systemctl stop platform-backup.timer");
  });
  after(() => machine?.stop());

  /** Reasons of the part; object store and log archive have tests of their own and are not on this machine. */
  const wrong = async (part: string, command = "platform-status"): Promise<readonly string[]> => {
    const { exitCode, output } = await machine.run(`${command} --json`);
    assert.equal(exitCode, 1, output);
    const status = JSON.parse(output);
    assert.equal(status[part].up, status[part].reasons.length === 0);
    assert.deepEqual(
      status.reasons.filter((reason: string) => reason.startsWith(`${part}: `)),
      status[part].reasons.map((reason: string) => `${part}: ${reason}`),
    );
    return status[part].reasons;
  };

  it("says that what keeps the disk from filling has failed", async () => {
    for (const [part, unit] of [
      ["logArchive", "platform-log-retention.service"],
      ["objectStore", "platform-object-retention.service"],
    ] as const) {
      const reason = `${unit} failed: see journalctl -u ${unit}`;
      assert.ok(!(await wrong(part)).includes(reason));
      await machine.run(`systemd-run --quiet --unit=${unit} --wait false`);
      assert.ok((await wrong(part)).includes(reason));
      await machine.succeed(`systemctl reset-failed ${unit}`);
    }
  });

  /** What the last run left: its report and the backup itself. */
  const lastRun = async (hours: number, changes: Readonly<Record<string, unknown>> = {}) => {
    const time = hoursAgo(hours);
    const last = {
      backup: idOf(time),
      result: "success",
      step: "end",
      started: time.toISOString().replace(/\.\d+/, ""),
      finished: time.toISOString().replace(/\.\d+/, ""),
      seconds: 0,
      lastSuccess: idOf(time),
      copies: {},
      ...changes,
    };
    await machine.succeed(`rm -rf ${root}/2*Z
${last.lastSuccess === "" ? ":" : `mkdir ${root}/${last.lastSuccess}`}
printf '%s' '${JSON.stringify(last)}' >${root}/status.json
systemctl start platform-backup.timer`);
  };

  it("says that a timer that does not run makes no backups", async () => {
    assert.deepEqual(await wrong("backup"), ["the timer does not run"]);
    await machine.succeed("systemctl start platform-backup.timer");
    assert.deepEqual(await wrong("backup"), []);
  });

  it("says down when none was ever made although one was due", async () => {
    await machine.succeed(`touch -d '2 hours ago' ${setupFiles}`);
    assert.deepEqual(await wrong("backup"), ["none was ever made, although one was due"]);
    assert.match(
      (await machine.run("platform-status")).output,
      /^backup {8}DOWN: none was ever made, although one was due, none yet, 0 kept, next /m,
    );
  });

  it("is up after a success, and down when it is older than the schedule allows", async () => {
    await lastRun(0);
    assert.deepEqual(await wrong("backup"), []);
    await lastRun(24 * 30);
    assert.match(
      String(await wrong("backup")),
      /^the last success is older than the schedule allows: 2\d+T\d+Z$/,
    );
  });

  it("lets a backup take longer than the schedule's pause", async () => {
    await lastRun(0, { started: hoursAgo(50).toISOString(), lastSuccess: idOf(hoursAgo(50)) });
    assert.deepEqual(await wrong("backup"), []);
  });

  it("says that one runs, which excuses the one that is due and no older one", async () => {
    await machine.succeed(`systemd-run -q --unit=running flock ${copiesLock} sleep infinity
while flock -n ${copiesLock} true; do sleep 0.05; done`);
    await lastRun(2);
    assert.deepEqual(await wrong("backup"), []);
    assert.match((await machine.run("platform-status")).output, /^backup {8}up, .*, running now, next /m);
    await lastRun(26);
    assert.match(String(await wrong("backup")), /^the last success is older/);
    await lastRun(2);
    await machine.succeed("systemctl stop running.service");
    assert.match(String(await wrong("backup")), /^the last success is older/);
  });

  it("says down when the last run failed, with the step", async () => {
    await lastRun(0, { result: "failure", step: "dump of app" });
    assert.deepEqual(await wrong("backup"), ["the last run failed at: dump of app"]);
  });

  it("says down when what the last run made is gone", async () => {
    await lastRun(0);
    await machine.succeed(`rm -rf ${root}/2*Z`);
    assert.match(String(await wrong("backup")), /^the last one is no longer on the volume: /);
  });

  it("survives a report that a full disk cut off", async () => {
    await machine.succeed(`printf '{"backup"' >${root}/status.json`);
    assert.deepEqual(await wrong("backup"), ["none was ever made, although one was due"]);
  });

  it("says down when a copy elsewhere failed or was never made", async () => {
    await lastRun(0, { copies: { offsite: "success" } });
    assert.deepEqual(await wrong("backup", "status-with-copy"), []);
    await lastRun(0, { result: "failure", step: "offsite copy of the dump", copies: { offsite: "failure" } });
    assert.deepEqual(await wrong("backup", "status-with-copy"), [
      "the last run failed at: offsite copy of the dump",
      "the offsite copy failed",
    ]);
    await lastRun(0);
    assert.deepEqual(await wrong("backup", "status-with-copy"), ["there is no offsite copy"]);
    await machine.succeed(`touch ${setupFiles}`);
    assert.deepEqual(await wrong("backup", "status-with-copy"), [], "configured after the last backup");
  });

  it("says down for a volume that is full, and for one that is not mounted", async () => {
    assert.deepEqual(await wrong("volume"), []);
    await machine.succeed("head -c 950000 /dev/zero >/srv/storage/filler");
    assert.match(String(await wrong("volume")), /^\/srv\/storage is full: 9\d %$/);
    assert.match(
      (await machine.run("platform-status")).output,
      /^volume {8}DOWN: \/srv\/storage is full: 9\d %, /m,
    );
    await machine.succeed("umount /srv/storage");
    assert.deepEqual(await wrong("volume"), ["not mounted"]);
  });
});
