import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, readdir, readFile } from "node:fs/promises";
import { newSalt, passwordHash } from "../../src/api/servers/rootPassword";
import { signal } from "../../src/linux/processes";
import { leftovers } from "../../src/linuxHost/remove";
import { boxFolders } from "../../src/storageBoxes/folders";
import { findBoxInit } from "../../src/storageBoxes/server";
import { eventually, inMachine, labWorld, whyNoMachines } from "../machines/lab";
import { BoxLab, mebibyte, PASSWORD } from "./support/boxLab";
import { byPassword, name, options, password, sftp, ssh } from "./support/commands";
import { boxAccount } from "./support/specs";

const subPassword = "Another-Secret-2";

describe("storage boxes on the host", function () {
  this.timeout(300_000);
  const lab = new BoxLab();
  const { settings, client, ip, problems, fails, fromOutside, own, run, settle, usage, withAccounts } = lab;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await lab.up();
  });

  after(async () => {
    if (whyNoMachines() === undefined) await lab.down();
  });

  it("are found by name, and only those that exist have one", async () => {
    assert.match(
      await run("getent hosts u70.your-storagebox.de"),
      new RegExp(`^${ip.replaceAll(".", "\\.")} `),
    );
    const other = await inMachine(settings, 1, "getent hosts u71.your-storagebox.de");
    assert.equal(other.exitCode, 2);
  });

  it("take files over SFTP with key and with password, and no wrong password", async () => {
    await run(sftp("u70", "put /root/hello one\\nls -l\\n"));
    await run(`${password(PASSWORD)} ${sftp("u70", "mkdir dir\\nput /root/hello dir/two\\n", byPassword)}`);
    assert.equal(await run(`${sftp("u70", "get one /root/back\\n")} >/dev/null; cat /root/back`), "hello");
    await fails(`${password("Wrong-Secret-99")} ${sftp("u70", "ls\\n", byPassword)}`, /Permission denied/);
    assert.deepEqual(await lab.host.storageBoxFolders(lab.box.id, []), [".ssh", "dir"]);
    assert.equal(await lab.host.storageBoxFolders(lab.box.id, ["none"]), undefined);
  });

  it("take rsync and borg over port 23, and give a shell no command on port 22", async () => {
    const rsync = `rsync -a -e 'ssh ${options} -i /root/key -p 23'`;
    await run(`mkdir -p /root/tree/deep && seq 1000 >/root/tree/deep/numbers
${rsync} /root/tree ${name("u70")}:backups/
${rsync} ${name("u70")}:backups/tree/ /root/copy/ && diff -r /root/tree /root/copy`);
    await run(`export BORG_PASSPHRASE=x BORG_RSH='ssh ${options} -i /root/key' BORG_CACHE_DIR=/root/borg
repo=ssh://${name("u70")}:23/./borg
borg init -e repokey $repo && borg create $repo::first /root/tree && borg list $repo | grep -q first`);
    assert.equal(
      await run(ssh("u70", "'pwd; id -un; ls /'")),
      "/home\nu70\nbin\ndev\netc\nhome\nlib\nlib64\nsbin\ntmp\nusr",
    );
    await fails(
      `ssh ${options} -i /root/key -o BatchMode=yes -p 22 ${name("u70")} id </dev/null | grep uid=`,
      /^$/,
    );
    await fails(ssh("u70", "'cp /bin/true here && ./here'"), /Permission denied/);
  });

  it("keep a subaccount in its home, read-only when told", async () => {
    const sub = boxAccount("u70-sub1", {
      home: "clients/one host",
      passwordHash: passwordHash(subPassword, newSalt()),
      ssh: true,
    });
    await withAccounts([...lab.box.accounts, sub]);
    const secret = password(subPassword);
    await run(`${secret} ${sftp("u70-sub1", "put /root/hello mine\\n", byPassword)}`);
    assert.equal(
      await run(ssh("u70", "cat \"'clients/one host/mine'\"")),
      "hello",
      "the box's account sees it",
    );
    const seen = await run(
      `${secret} ${ssh("u70-sub1", "'ls -A /home; id -un; stat -c %U /home/mine'", byPassword)}`,
    );
    assert.equal(seen, "mine\nu70-sub1\nu70-sub1");
    await fails(`${secret} ${sftp("u70-sub1", "get ../one /root/stolen\\n", byPassword)}`, /not found/);
    await fails(`${secret} ${ssh("u70-sub1", "'ls /accounts /box /proc/1'", byPassword)}`, /No such file/);
    // Its own links lead nowhere else.
    await run(
      ssh("u70", "\"ln -s /accounts 'clients/one host/out'; ln -s /etc/shadow 'clients/one host/shadow'\""),
    );
    await fails(`${secret} ${ssh("u70-sub1", "'ls out/; cat shadow'", byPassword)}`, /No such file/);

    await withAccounts([lab.box.accounts[0] ?? sub, { ...sub, readonly: true }]);
    await fails(`${secret} ${sftp("u70-sub1", "put /root/hello more\\n", byPassword)}`, /[Ff]ailure/);
    await fails(`${secret} ${ssh("u70-sub1", "'rm mine'", byPassword)}`, /Read-only file system/);
    assert.equal(
      await run(
        `${secret} ${sftp("u70-sub1", "get mine /root/mine\\n", byPassword)} >/dev/null; cat /root/mine`,
      ),
      "hello",
    );
    await fails(`${password(PASSWORD)} ${sftp("u70-sub1", "ls\\n", byPassword)}`, /Permission denied/);
  });

  it("do not follow a user's link when they make a home", async () => {
    await run(ssh("u70", "'ln -s /etc trap'"));
    const sub = boxAccount("u70-sub2", { home: "trap/ssh" });
    await assert.rejects(lab.host.settleStorageBox({ ...lab.box, accounts: [...lab.box.accounts, sub] }));
    assert.equal(await lab.host.storageBoxFolders(lab.box.id, ["trap"]), undefined);
    await settle({});
    await run(ssh("u70", "rm trap"));
  });

  it("take a new password and close port 23 without ending a session", async () => {
    await run(`${ssh("u70", "sleep 60")} >/dev/null 2>&1 & echo $! >/root/session; sleep 1`);
    await withAccounts(own({ passwordHash: passwordHash("New-Secret-Pass1", newSalt()), ssh: false }));
    await fails(`${password(PASSWORD)} ${sftp("u70", "ls\\n", byPassword)}`, /Permission denied/);
    await run(`${password("New-Secret-Pass1")} ${sftp("u70", "ls\\n", byPassword)}`);
    await fails(ssh("u70", "true"), /Permission denied/);
    await withAccounts([{ ...lab.box.accounts[0] }]);
    await fails(ssh("u70", "true"), /Connection refused/);
    await run("kill -0 $(cat /root/session) && kill $(cat /root/session)");
    await withAccounts(own({ ssh: true }));
    await run(ssh("u70", "true"));
  });

  it("take snapshots, show them, and go back to one", async () => {
    await settle({ snapshotsVisible: true });
    await run(ssh("u70", "'echo before >file; head -c 20M /dev/urandom >large'"));
    await lab.host.createStorageBoxSnapshot(lab.box.id, "2026-01-01T00-00-00");
    await lab.host.createStorageBoxSnapshot(lab.box.id, "2026-01-01T00-00-00");
    await run(ssh("u70", "'echo after >file; rm large; echo new >new'"));
    assert.equal(await run(ssh("u70", "'cat .zfs/snapshot/2026-01-01T00-00-00/file'")), "before");
    await fails(ssh("u70", "'touch .zfs/snapshot/2026-01-01T00-00-00/x'"), /Read-only file system/);
    await eventually("usage", async () => {
      const { data, snapshots, bySnapshot } = await usage();
      const one = bySnapshot.get("2026-01-01T00-00-00");
      const held = 20 * mebibyte;
      return (
        snapshots >= held &&
        (one?.exclusive ?? 0) >= held &&
        (one?.total ?? 0) >= held &&
        data > 0 &&
        data < held
      );
    });
    await lab.host.rollbackStorageBox(lab.box, "2026-01-01T00-00-00");
    assert.equal(
      await run(ssh("u70", "'cat file; stat -c %s large; ls new 2>&1 | tail -c 26'")),
      "before\n20971520\nNo such file or directory",
    );
    await lab.host.removeStorageBoxSnapshot(lab.box.id, "2026-01-01T00-00-00");
    await eventually("no usage by snapshots", async () => (await usage()).snapshots < mebibyte);
    await assert.rejects(lab.host.rollbackStorageBox(lab.box, "2026-01-01T00-00-00"), /has no snapshot/);
    await settle({});
    await settle({ snapshotsVisible: false });
    await fails(ssh("u70", "'ls .zfs'"), /No such file/);
  });

  it("are as large as their type and not larger, and change their size", async () => {
    const size = async () => {
      const [blocks, blockSize] = (await run(ssh("u70", "\"stat -f -c '%b %S' /home\""))).split(" ");
      return Number(blocks) * Number(blockSize);
    };
    assert.equal(await size(), 256 * mebibyte);
    await fails(ssh("u70", "'head -c 300M /dev/zero >full'"), /No space left on device/);
    await run(ssh("u70", "'rm full large'"));
    await settle({ size: 20 * 2 ** 40 });
    assert.equal(await size(), 2 ** 44 - 4096, "the largest file of ext4");
    await settle({ size: 512 * mebibyte });
    assert.equal(await size(), 512 * mebibyte);
    await run(ssh("u70", "'head -c 300M /dev/urandom >full'"));
    await assert.rejects(
      lab.host.settleStorageBox({ ...lab.box, size: 256 * mebibyte }),
      /cannot have 268435456 bytes/,
    );
    assert.equal(await size(), 512 * mebibyte);
    await run(ssh("u70", "'rm full'"));
    await settle({ size: 256 * mebibyte });
    assert.equal(await size(), 256 * mebibyte);
  });

  it("answer to the outside only when an account may be reached from there", async () => {
    await chmod(lab.key, 0o600);
    assert.match((await fromOutside("u70")).stderr, /timed out/);
    const sub = boxAccount("u70-sub3", { home: "three", ssh: true, external: true });
    await withAccounts([...lab.box.accounts, sub]);
    assert.match((await fromOutside("u70")).stderr, /Permission denied/, "another account may, this one not");
    await withAccounts(own({ external: true }));
    assert.equal((await fromOutside("u70")).exitCode, 0);
    await withAccounts([{ ...lab.box.accounts[0], external: false }]);
    assert.match((await fromOutside("u70")).stderr, /timed out/);
    await run(ssh("u70", "true"));
  });

  it("go on when the daemon is killed, are found again, and are started again when they end", async () => {
    const first = await findBoxInit(settings, lab.box.id);
    assert.ok(first !== undefined);
    lab.host.close();
    await lab.open();
    await settle({});
    assert.equal(await findBoxInit(settings, lab.box.id), first);
    signal(first, "SIGKILL");
    await eventually("another server", async () => {
      const next = await findBoxInit(settings, lab.box.id);
      return next !== undefined && next !== first;
    });
    await eventually(
      "a login",
      async () => (await inMachine(settings, 1, ssh("u70", "true"))).exitCode === 0,
    );
    assert.equal(await run(ssh("u70", "'cat file'")), "before");
    assert.deepEqual(problems, []);
  });

  it("leave nothing when they are deleted", async () => {
    const { base, mount } = boxFolders(settings, lab.box.id);
    await lab.host.removeStorageBox(lab.box.id);
    await lab.host.removeStorageBox(lab.box.id);
    await lab.host.reconcileNetwork(labWorld([client]));
    assert.equal(existsSync(base), false);
    assert.equal(await findBoxInit(settings, lab.box.id), undefined);
    const left = (await leftovers(settings)).filter(
      (line) => line.includes("storage-boxes") || line.includes("-b70"),
    );
    assert.deepEqual(left, []);
    assert.equal((await readFile("/proc/self/mounts", "utf8")).includes(mount), false);
    assert.deepEqual((await readdir(settings.paths.storageBoxes)).sort(), ["hosts"]);
    assert.equal(await readFile(settings.paths.storageBoxNames, "utf8"), "");
    await eventually("no name", async () => {
      return (await inMachine(settings, 1, "getent hosts u70.your-storagebox.de")).exitCode === 2;
    });
  });
});
