import assert from "node:assert/strict";
import { execa } from "execa";
import { machineBase } from "../../../../components/machine/base";
import { ObjectStoreEngine } from "../../../../components/roles/storage/settings";
import { type StorageFacts, storageSetup } from "../../../../components/roles/storage/setup";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import { renderSetup } from "../../../../components/setup/render";
import type { PlatformSettings } from "../../../../components/stack/settings";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, whyNoMachine } from "../database/support/machine";

const topology = planned(seedSettings);
const secrets = {
  boxKey: undefined,
  sealKey: "TheKeyOfTheBackups123",
  offsite: undefined,
  objectStore: { root: "p3", application: "p4" },
};
const database = {
  name: "app",
  address: "10.0.3.11",
  port: 5432,
  backup: { user: "backup", password: "p1" },
  restore: { user: "restore", password: "p2" },
};
const facts = {
  privateIp: topology.storage.privateIp,
  volumeId: 7,
  objectStoreImage: "versity/versitygw@sha256:abc",
  box: undefined,
  database,
};
const setupOf = (storage: Partial<PlatformSettings["storage"]> = {}, known: StorageFacts = facts) =>
  mergeSetups(
    machineBase(topology.storage, topology.plan, seedSettings),
    dockerSetup(seedSettings.images),
    storageSetup({ ...seedSettings.storage, ...storage }, seedSettings, known, secrets),
  );

describe("storageSetup", function () {
  this.timeout(120_000);

  for (const objectStoreEngine of Object.values(ObjectStoreEngine)) {
    it(`fits together with what every machine has, with ${objectStoreEngine}`, async () => {
      assert.equal(
        await shellcheck(renderSetup("prod-storage1", setupOf({ objectStoreEngine })), ["SC2016"]),
        "",
      );
    });
  }

  it("fits together without a database, and does not speak of backups", async () => {
    const setup = setupOf({}, { ...facts, database: undefined });
    const script = renderSetup("prod-storage1", setup);
    assert.equal(await shellcheck(script, ["SC2016"]), "");
    assert.doesNotMatch(script, /pg_dump|platform-backup|platform-restore|pgpass/);
    assert.deepEqual(
      setup.probes.map(({ name }) => name),
      setupOf()
        .probes.map(({ name }) => name)
        .filter((name) => name !== "backup"),
    );
    // With it the retention of old versions reaches the store.
    const rclone = setup.files.find(({ path }) => path.endsWith("/rclone.conf"));
    assert.match(rclone?.content ?? "", /^\[objects\]\n(.+\n)*secret_access_key = p3\n$/);
    assert.equal(rclone?.mode, "0600");
  });

  it("logs in at a database by the names that it was given, whatever is in the passwords", () => {
    const login = (user: string) => ({ user, password: `p:${user}\\1` });
    const foreign = { ...database, name: "shop", backup: login("dumper"), restore: login("filler") };
    const { files } = setupOf({}, { ...facts, database: foreign });
    const content = (end: string) => files.find(({ path }) => path.endsWith(end))?.content ?? "";
    assert.equal(
      content("/pgpass"),
      "10.0.3.11:5432:*:dumper:p\\:dumper\\\\1\n10.0.3.11:5432:*:filler:p\\:filler\\\\1\n",
    );
    assert.match(content("/platform-backup"), /^export PGUSER=dumper$/m);
    assert.match(content("/platform-backup"), /rolname not in \('postgres', 'dumper', 'filler'\)/);
    assert.match(content("/platform-restore"), /^export PGUSER=filler$/m);
    assert.doesNotMatch(
      content("/platform-backup") + content("/platform-restore"),
      /platform_(backup|restore)\b/,
    );
  });

  it("S0-16: mounts the volume before anything that writes to it, and asserts its size", () => {
    const setup = setupOf();
    const mount = setup.units.find(({ name }) => name === "srv-storage.mount");
    assert.equal(mount?.stage, "beforeSteps");
    assert.match(
      setup.files.find(({ path }) => path.endsWith("/srv-storage.mount"))?.content ?? "",
      /^What=\/dev\/disk\/by-id\/scsi-0HC_Volume_7$/m,
    );
    assert.ok(setup.checks.some(({ command }) => command.includes("1860000000000")));
    for (const service of ["object-store", "platform-backup", "systemd-journal-remote"]) {
      const dropIn = setup.files.find(({ path }) => path.endsWith(`/${service}.service.d/storage.conf`));
      assert.match(dropIn?.content ?? "", /RequiresMountsFor=\/srv\/storage/, service);
    }
  });

  it("never makes a file system", () => {
    assert.ok(!renderSetup("prod-storage1", setupOf()).includes("mkfs"));
  });

  it("has units and timers that systemd accepts", async function () {
    if (whyNoMachine() !== undefined) this.skip();
    const machine = await bootMachine("storage1", []);
    try {
      const ours = setupOf().files.filter(({ path }) => path.startsWith("/etc/systemd/system/"));
      for (const { path, content } of ours) {
        await machine.succeed(
          `mkdir -p "$(dirname '${path}')"; cat >'${path}' <<'END_OF_UNIT'\n${content}END_OF_UNIT`,
        );
      }
      const units = ours.filter(({ path }) => !path.includes(".d/")).map(({ path }) => path);
      const commands = setupOf()
        .files.filter(({ path }) => path.startsWith("/usr/local/sbin/"))
        .map(({ path }) => `install -m 0755 /dev/null ${path}`);
      await machine.succeed(commands.join("\n"));
      const judged = await machine.run(
        `systemctl daemon-reload; systemd-analyze verify --recursive-errors=no ${units.join(" ")} 2>&1 | grep -v -e docker -e nft`,
      );
      assert.equal(judged.output, "");
    } finally {
      await machine.stop();
    }
  });

  for (const [schedule, valid] of [
    ["*-*-* 02:00:00", true],
    ["Mon..Fri 03:30", true],
    ["hourly", true],
    ["25:00", false],
    ["every night", false],
  ] as const) {
    it(`${valid ? "accepts" : "refuses"} the schedule ${schedule}`, async function () {
      if (whyNoMachine() !== undefined) this.skip();
      const backup = { ...seedSettings.storage.backup, schedule };
      const timer = setupOf({ backup }).files.find(({ path }) => path.endsWith("/platform-backup.timer"));
      const judged = await execa("bash", ["-c", timer?.validate ?? "false"], { reject: false });
      assert.equal(judged.exitCode === 0, valid);
    });
  }
});
