import assert from "node:assert/strict";
import { rclone } from "../../../../components/roles/storage/backupConfig";
import { type TestMachine, whyNoMachine } from "../database/support/machine";
import {
  bootBackupMachine,
  box,
  boxKey,
  commandsOf,
  config,
  secrets,
  wholeSetup,
  withBox,
} from "./support/backupMachine";

describe("copies outside of the platform, for real", function () {
  this.timeout(900_000);
  let machine: TestMachine;
  let commands: ReturnType<typeof commandsOf>;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootBackupMachine();
    commands = commandsOf(machine);
  });
  after(() => machine?.stop());

  it("S3-103: takes what a former release copied in clear text until it is too old, and says that it is still there", async () => {
    // As that release left it: beneath the folder that is encrypted.
    const old = "20260101T020000Z";
    const id = await commands.backup();
    await machine.succeed(`mkdir -p /srv/offsite/copies/objects/app
cp -a /srv/storage/backups/${id} /srv/offsite/copies/former
mkdir -p /srv/offsite/copies/backups
${rclone} copy /srv/storage/backups/${id} offsite:copies/backups/${old}
echo old | ${rclone} rcat offsite:copies/objects/app/old.txt
rm -rf /srv/offsite/copies/former`);
    assert.deepEqual((await machine.succeed("platform-restore --list --from offsite")).split("\n"), [
      old,
      id,
    ]);
    await machine.succeed(`platform-restore --from offsite --backup ${old} --target-database old`);
    assert.equal(await commands.digest("old"), await commands.digest("app"));
    // Objects come from the encrypted copy, where there is one.
    const said = await machine.succeed("platform-restore-objects --target-bucket newest");
    assert.match(said, /1 objects/);
    const next = await machine.succeed("platform-backup");
    assert.match(
      next,
      /a copy of the objects in clear text, of a former release, is still in offsite:copies\/objects/,
    );
    // It has aged like the others.
    assert.ok(!(await machine.succeed("platform-restore --list --from offsite")).includes(old));
    await machine.succeed(`${rclone} purge offsite:copies/objects`);
  });

  it("nobody reads data or names in what left the platform", async () => {
    await commands.putObject("contracts/jane-doe.txt", "words of the customer");
    await commands.backup();
    const found = await machine.run(
      "grep -rlE 'words of the customer|first object|CREATE TABLE|PGDMP' /srv/offsite; find /srv/offsite/copies | grep -E 'jane|contracts|app.dump|SHA256|[0-9]T[0-9]'",
    );
    assert.equal(found.output, "");
    assert.equal(
      await machine.succeed(`${rclone} cat offsite-sealed:copies/objects/app/contracts/jane-doe.txt`),
      "words of the customer",
    );
    await machine.succeed(
      "curl -fsS -K /etc/platform/object-store/root.curl -X DELETE http://10.0.4.11:9000/app/contracts/jane-doe.txt",
    );
    await commands.backup();
  });

  it("new machines with another key say so, change nothing, and restore with the right one", async () => {
    const other = { ...secrets, sealKey: "AnotherKeyThatWasMadeNew" };
    await machine.apply(wholeSetup(config, other));
    const { exitCode, output } = await machine.run("platform-restore --from offsite --target-database lost");
    assert.equal(exitCode, 1);
    assert.match(
      output,
      /there is no offsite backup, but one of another key \(sealed-[0-9a-f]{12}\): set that one with pulumi config set --secret backupKey/,
    );
    assert.match(
      (await machine.run("platform-restore-objects --target-bucket lost")).output,
      /there is no offsite copy of app, but one of another key/,
    );
    await commands.backup();
    await machine.apply(wholeSetup(config, secrets));
    const before = (await machine.succeed("platform-restore --list --from offsite")).trim().split("\n");
    assert.ok(before.length >= 2, "the copies of the first key are all there");
    await machine.succeed("platform-restore --from offsite --target-database found");
    assert.equal(await commands.digest("found"), await commands.digest("app"));
  });

  it("S0-28: copies objects offsite, keeps what was replaced, and brings them back", async () => {
    await commands.putObject("folder/one.txt", "changed object");
    await commands.putObject("two.txt", "second object");
    const id = await commands.backup();
    const replaced = await machine.succeed(`${rclone} cat offsite-sealed:copies/objects-replaced/${id}`);
    assert.equal(replaced, "first object");
    const said = await machine.succeed("platform-restore-objects --target-bucket again");
    assert.match(said, /2 objects/);
    assert.equal(await commands.getObject("again", "folder/one.txt"), "changed object");
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
    assert.equal(await commands.getObject("app", "two.txt"), "second object");
    await commands.backup();
  });

  it("S0-16: keeps backups on a storage box and only the newest on the volume", async () => {
    await machine.succeed(`useradd --create-home --shell /bin/bash ${box.username}
install -d -o ${box.username} -m 700 /home/${box.username}/.ssh
echo '${boxKey.publicKey}' >/home/${box.username}/.ssh/authorized_keys
mkdir -p /run/sshd /srv/box-sshd
for type in rsa ed25519; do ssh-keygen -q -t $type -N '' -f /srv/box-sshd/$type; done
/usr/sbin/sshd -p 23 -h /srv/box-sshd/rsa -h /srv/box-sshd/ed25519 -o PidFile=/run/box-sshd.pid`);
    await machine.apply(wholeSetup(withBox, { ...secrets, boxKey: boxKey.privateKey }));
    const ids = [await commands.backup(), await commands.backup(), await commands.backup()];
    assert.deepEqual((await commands.status()).copies, { box: "success", offsite: "success" });
    const local = (await machine.succeed("platform-restore --list")).trim().split("\n");
    assert.deepEqual(local, ids.slice(-2));
    const kept = (await machine.succeed("platform-restore --list --from box")).trim().split("\n");
    assert.deepEqual(kept, ids);
    assert.equal(
      (await machine.succeed(`${rclone} cat box-sealed:copies/objects/app/two.txt`)).trim(),
      "second object",
    );
    assert.match(await machine.succeed("platform-status || true"), /, box success, offsite success/);
  });

  it("S0-16, S0-28: restores a backup that only the storage box has", async () => {
    const [oldest] = (await machine.succeed("platform-restore --list --from box")).split("\n");
    assert.equal((await machine.run(`ls -d /srv/storage/backups/${oldest}`)).exitCode, 2);
    await machine.succeed(`platform-restore --from box --backup ${oldest} --target-database from_box`);
    assert.equal(await commands.digest("from_box"), await commands.digest("app"));
    const said = await machine.succeed("platform-restore-objects --from box --target-bucket from-box");
    assert.match(said, /restored the box objects into from-box: \d+ objects/);
  });

  it("keeps the local backups when the storage box is another one than before", async () => {
    await machine.succeed(`kill "$(cat /run/box-sshd.pid)"
rm /srv/box-sshd/*; for type in rsa ed25519; do ssh-keygen -q -t $type -N '' -f /srv/box-sshd/$type; done
/usr/sbin/sshd -p 23 -h /srv/box-sshd/rsa -h /srv/box-sshd/ed25519 -o PidFile=/run/box-sshd.pid`);
    const { exitCode, output } = await machine.run("platform-backup");
    assert.equal(exitCode, 1, output);
    assert.deepEqual((await commands.status()).copies, { box: "failure" });
    const local = (await machine.succeed("platform-restore --list")).trim().split("\n");
    assert.equal(local.length, 3, "nothing expires before it was copied");
  });

  it("S0-16, S0-28: keeps backups in an object store elsewhere, only the newest on the volume, and restores an older one", async () => {
    await machine.apply(wholeSetup({ ...config, bulk: "objectStore" }, secrets));
    const ids = [await commands.backup(), await commands.backup(), await commands.backup()];
    assert.deepEqual((await commands.status()).copies, { offsite: "success" });
    const local = (await machine.succeed("platform-restore --list")).trim().split("\n");
    assert.deepEqual(local, ids.slice(-2));
    const kept = (await machine.succeed("platform-restore --list --from offsite")).trim().split("\n");
    assert.deepEqual(kept.slice(-3), ids);
    await machine.succeed(`platform-restore --from offsite --backup ${ids[0]} --target-database from_store`);
    assert.equal(await commands.digest("from_store"), await commands.digest("app"));
  });
});
