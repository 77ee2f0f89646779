import assert from "node:assert/strict";
import { eventually, must, onMachine } from "./support/cloud";
import { platformIsUp, up } from "./support/platform";

const storage = "local-storage1";
const rclone = "rclone --config=/etc/platform/backup/rclone.conf";

describe("backups on a storage box", function () {
  this.timeout("15m");
  before("the platform is up", platformIsUp);
  after("the configuration is the file's again", async () => {
    await up({ "storage.keepStorageBox": false });
    await up();
  });

  it("S0-16: orders a box with the configured capacity, and a backup lies on it", async () => {
    await up({ "storage.bulk": "storageBox", "storage.bulkGb": 2000 });
    await must(storage, "systemctl start platform-backup.service", 300);
    const newest = await must(storage, "cat /srv/storage/backups/last-success");
    const there = await must(storage, `${rclone} lsf --dirs-only box-sealed:copies/backups`);
    assert.ok(there.split("\n").includes(`${newest}/`), there);
    const box = await must(storage, "grep -A2 '^\\[box' /etc/platform/backup/rclone.conf");
    const host = /host = (\S+)/.exec(box)?.[1] ?? assert.fail(box);
    // SFTP tells the size of a file system in kilobytes.
    const kilobytes = await must(
      storage,
      `echo df | sftp -q -b - -P 23 -i /etc/platform/backup/box-key -o UserKnownHostsFile=/etc/platform/backup/box-known-hosts ${host.split(".")[0]}@${host} | awk 'END {print $1}'`,
    );
    const bytes = Number(kilobytes) * 1024;
    assert.ok(bytes >= 2000e9, `${bytes} bytes`);
  });

  it("S0-16, S0-28: a backup comes back from the box into a database of its own", async () => {
    await must(storage, "platform-restore --from box --target-database from_box", 300);
    const count = (database: string) =>
      must(
        "local-database1",
        `runuser -u postgres -- psql -XAtd ${database} -c 'select count(*) from items'`,
      );
    assert.equal(await count("from_box"), await count("app"));
    await must("local-database1", "runuser -u postgres -- psql -XAtc 'drop database from_box'");
  });

  it("says that the box does not answer, keeps the local backup, and goes on when it does", async () => {
    const box = await must(
      storage,
      "awk '/^host = .*storagebox/ {print $3}' /etc/platform/backup/rclone.conf",
    );
    const address = (await must(storage, `getent ahostsv4 ${box}`)).split(" ")[0];
    await must(storage, `ip route add blackhole ${address}`);
    try {
      const run = await onMachine(storage, "timeout 240 platform-backup", 300);
      assert.notEqual(run.exitCode, 0);
      const status = JSON.parse(await must(storage, "cat /srv/storage/backups/status.json"));
      assert.equal(status.copies.box, "failure");
    } finally {
      await must(storage, `ip route del blackhole ${address}`);
    }
    await eventually("a backup succeeds again", 300, async () => {
      const { exitCode } = await onMachine(storage, "platform-backup", 300);
      return exitCode === 0 || undefined;
    });
  });

  it("a configuration without the box is refused, and the box is there with its backups", async () => {
    await assert.rejects(up(), /the storage box would be deleted with every backup on it/);
    const there = await must(storage, `${rclone} lsf --dirs-only box-sealed:copies/backups`);
    assert.match(there, /^\d{8}T\d{6}Z\/$/m);
  });
});
