import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newRootPassword, newSalt, passwordHash } from "../../src/api/servers/rootPassword";
import { withRootPassword, writeRootPassword } from "../../src/machines/rootPassword";

const hash = passwordHash(newRootPassword(), newSalt());
const today = String(Math.floor(Date.now() / 86_400_000));

describe("root password in a machine's files", () => {
  it("replaces root's hash and date, keeps ages and the other accounts", () => {
    const shadow = "daemon:*:19000:0:99999:7:::\nroot:*:19000:0:90:7:::\nsshd:!:19000::::::\n";
    assert.equal(
      withRootPassword(shadow, hash),
      `root:${hash}:${today}:0:90:7:::\ndaemon:*:19000:0:99999:7:::\nsshd:!:19000::::::\n`,
    );
  });

  it("adds root where there is none", () => {
    assert.equal(withRootPassword("", hash), `root:${hash}:${today}:0:99999:7:::\n`);
  });

  const bad: [string, string][] = [
    ["is empty", ""],
    ["is a password", "secret"],
    ["has a second line", `${hash}\nevil::0:0:::::`],
    ["has a field more", `${hash}:0`],
    ["is of another scheme", "$1$salt$hash"],
  ];
  for (const [how, text] of bad) {
    it(`fails when the hash ${how}`, () => {
      assert.throws(() => withRootPassword("root:*:1::::::\n", text), /SHA-512 crypt/);
    });
  }

  describe("on disk", () => {
    let folder: string;
    const at = (...parts: string[]) => join(folder, ...parts);
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "root-password-"));
      await mkdir(at("lower", "etc"), { recursive: true });
      await writeFile(at("lower", "etc", "shadow"), "root:*:19000:0:99999:7:::\nnobody:*:19000::::::\n");
      await mkdir(at("upper"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("takes the image's accounts and hides the file from others", async () => {
      await writeRootPassword(at("lower"), at("upper"), hash);
      const shadow = await readFile(at("upper", "etc", "shadow"), "utf8");
      assert.deepEqual(
        shadow.split("\n").map((line) => line.split(":").slice(0, 2)),
        [["root", hash], ["nobody", "*"], [""]],
      );
      assert.equal((await stat(at("upper", "etc", "shadow"))).mode & 0o777, 0o640);
      assert.match(
        await readFile(at("upper", "etc/ssh/sshd_config.d/10-root-password.conf"), "utf8"),
        /^PermitRootLogin yes$/m,
      );
    });

    it("keeps the accounts that a snapshot has of its own", async () => {
      await mkdir(at("upper", "etc"));
      await writeFile(at("upper", "etc", "shadow"), "root:*:1::::::\nguest:*:1::::::\n");
      await writeRootPassword(at("lower"), at("upper"), hash);
      assert.match(await readFile(at("upper", "etc", "shadow"), "utf8"), /^guest:/m);
    });

    it("reads no file of the host through a snapshot's link, and writes none", async () => {
      await mkdir(at("host"));
      await writeFile(at("host", "shadow"), "hostsecret:$6$x:1::::::\n");
      await mkdir(at("upper", "etc"));
      await symlink(at("host", "shadow"), at("upper", "etc", "shadow"));
      await writeRootPassword(at("lower"), at("upper"), hash);
      assert.doesNotMatch(await readFile(at("upper", "etc", "shadow"), "utf8"), /hostsecret/);
      assert.equal(await readFile(at("host", "shadow"), "utf8"), "hostsecret:$6$x:1::::::\n");

      await rm(at("upper", "etc"), { recursive: true });
      await symlink(at("host"), at("upper", "etc"));
      await assert.rejects(writeRootPassword(at("lower"), at("upper"), hash), /lies behind a link/);
      assert.equal(await readFile(at("host", "shadow"), "utf8"), "hostsecret:$6$x:1::::::\n");
    });
  });
});
