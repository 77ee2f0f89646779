import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../../../src/contract/control";
import { whyNoDiskLimit } from "../../../src/machines/disk";
import { inMachine, mustRun } from "../../machines/lab";
import type { FaultLab } from "./faultLab";

/** Tests of disks that refuse every write. */
export function fullDisks(lab: FaultLab): void {
  const { begin, end, inForce, endsByItself, look } = lab;
  const { settings } = lab.cloud;

  it("a full disk refuses every write, costs the host nothing, and has room again", async () => {
    const folder = `/mnt/HC_Volume_${lab.made.volume}`;
    const write = () =>
      inMachine(settings, lab.a.id, `dd if=/dev/zero of=${folder}/probe bs=64k count=1 conv=fsync`);
    const listing = () =>
      mustRun(settings, lab.a.id, `ls -A ${folder} | grep -v -e lost+found -e probe || :`);
    assert.equal((await write()).exitCode, 0);
    await mustRun(settings, lab.a.id, `rm ${folder}/probe`);
    const id = await look({ kind: "full-disk", server: "a", path: folder }, 6, async () => {
      const refused = await write();
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.output, /No space left on device/);
      const { blocks } = await stat(join(settings.paths.volumes, `${lab.made.volume}.img`));
      assert.ok(blocks * 512 < 500 * 1024 ** 2, `${blocks} blocks of the host are taken`);
    });
    await endsByItself(id);
    assert.equal((await write()).exitCode, 0);
    assert.equal(await listing(), "");
  });

  it("fills a server's own disk, where the host limits it", async () => {
    const write = () =>
      inMachine(settings, lab.b.id, "dd if=/dev/zero of=/var/lib/probe bs=64k count=1 conv=fsync");
    const fault: Fault = { kind: "full-disk", server: "b", path: "/var/lib" };
    if ((await whyNoDiskLimit()) !== undefined) {
      await assert.rejects(begin(fault), /no disk of limited size/);
      return;
    }
    const { id } = await begin(fault);
    assert.match((await write()).output, /No space left on device/);
    await end(id);
    assert.equal((await write()).exitCode, 0);
    await mustRun(settings, lab.b.id, "rm /var/lib/probe");
  });

  it("refuses to fill what has no limit of its own, and what is no folder", async () => {
    const fill = (path: string) => begin({ kind: "full-disk", server: "a", path });
    await assert.rejects(fill("/run"), /no disk of limited size/);
    await assert.rejects(fill("/etc/hostname"), /must be a folder/);
    await assert.rejects(fill("/missing; touch /tmp/x"), /is not there/);
    assert.equal((await inMachine(settings, lab.a.id, "test -e /tmp/x")).exitCode, 1);
    assert.deepEqual(await inForce(), []);
  });
}
