import assert from "node:assert/strict";
import { eventually, fromInternet, must, onMachine } from "./support/cloud";
import { platformIsUp, url } from "./support/platform";

const machines = ["local-lb1", "local-lb2", "local-app1", "local-app2", "local-db1", "local-storage1"];

describe("storage node", function () {
  this.timeout("10m");
  before("the platform is up", platformIsUp);

  it("S0-16: the volume has the configured capacity and is mounted", async () => {
    const gigabytes = Number(
      await must("local-storage1", "df --output=size -B 1000000000 /srv/storage | tail -1"),
    );
    assert.ok(gigabytes >= 2000 * 0.93, `${gigabytes} GB`);
    assert.match(await must("local-storage1", "findmnt -no SOURCE,FSTYPE /srv/storage"), /ext4/);
  });

  it("S0-17: the app tier puts, gets, replaces and deletes objects, and versions stay", async () => {
    const object = `${url()}/api/objects/e2e.txt`;
    const put = (text: string) =>
      fromInternet(
        `curl -sS --max-time 10 -f -X PUT -H 'content-type: text/plain' --data '${text}' ${object}`,
      );
    assert.equal((await put("first")).exitCode, 0);
    assert.equal((await put("second")).exitCode, 0);
    assert.equal((await fromInternet(`curl -sS --max-time 10 -f ${object}`)).stdout, "second");
    assert.equal((await fromInternet(`curl -sS --max-time 10 -f -X DELETE ${object}`)).exitCode, 0);
    const gone = await fromInternet(`curl -sS --max-time 10 -o /dev/null -w '%{http_code}' ${object}`);
    assert.equal(gone.stdout, "404");
    const versions = await must(
      "local-storage1",
      "rclone --config=/etc/platform/backup/rclone.conf lsf --recursive --s3-versions objects:app | grep -c e2e-v || true",
    );
    assert.ok(Number(versions) >= 2, `${versions} versions of a deleted object`);
  });

  it("S0-18, S0-23: the backup service dumps to the storage node, verified, without work on the database node", async () => {
    await must("local-storage1", "systemctl start platform-backup.service", 300);
    const last = await must("local-storage1", "cat /srv/storage/backups/last-success");
    await must(
      "local-storage1",
      `cd /srv/storage/backups/${last} && sha256sum --check --quiet --strict SHA256SUMS`,
    );
    const next = await must(
      "local-storage1",
      "systemctl show -p NextElapseUSecRealtime --value platform-backup.timer",
    );
    assert.match(next, /02:00:00/);
    const unit = await must(
      "local-storage1",
      "systemctl show -p IOSchedulingClass -p Nice platform-backup.service",
    );
    assert.match(unit, /Nice=[1-9]/);
    const dumping = await onMachine("local-db1", "journalctl -q -o cat _COMM=pg_dump | head -1");
    assert.equal(dumping.stdout, "", "pg_dump must not run on the database node");
  });

  it("S0-28: a backup is restored into a database of its own and holds the same rows", async () => {
    await must("local-storage1", "platform-restore --target-database restored_e2e", 300);
    const count = (database: string) =>
      must("local-db1", `runuser -u postgres -- psql -XAtd ${database} -c 'select count(*) from items'`);
    assert.equal(await count("restored_e2e"), await count("app"));
    await must("local-db1", "runuser -u postgres -- psql -XAtc 'drop database restored_e2e'");
  });

  it("S0-19: a log line of every machine is found in the archive", async () => {
    for (const machine of machines) await must(machine, `logger -t e2e 'marker of ${machine}'`);
    for (const machine of machines) {
      await eventually(`the line of ${machine} is in the archive`, 60, async () => {
        const found = await onMachine(
          "local-storage1",
          `platform-logs --since '10 minutes ago' --grep 'marker of ${machine}'`,
        );
        return found.stdout.includes(`marker of ${machine}`) || undefined;
      });
    }
  });

  for (const [machine, command, expected] of [
    ["local-db1", "platform-status", /primary/],
    ["local-storage1", "platform-status", /backup/i],
    ["local-storage1", "platform-backup", /backup \d{8}T\d{6}Z: \d+ bytes/],
    ["local-storage1", "platform-restore --list", /\d{8}T\d{6}Z/],
    ["local-db1", "platform-promote", /primary/],
  ] as const) {
    it(`S0-29: one command on ${machine}: ${command}`, async () => {
      const { stdout, stderr } = await onMachine(machine, command, 300);
      assert.match(stdout + stderr, expected);
    });
  }
});
