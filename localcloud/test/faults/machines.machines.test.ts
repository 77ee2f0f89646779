import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Fault } from "../../src/contract/control";
import { readStatus } from "../../src/control/socket";
import { leftovers } from "../../src/linuxHost/remove";
import { eventually, inMachine, mustRun, whyNoMachines } from "../machines/lab";
import { badLines } from "./support/badLines";
import { FaultLab } from "./support/faultLab";
import { fullDisks } from "./support/fullDisks";
import { lostMetadata } from "./support/metadata";
import { partitions } from "./support/partitions";

describe("faults of machines", function () {
  this.timeout(300_000);
  const lab = new FaultLab();
  const { begin, end, inForce, endsByItself, look, reaches, reachedFromOutside, remains } = lab;
  const { api, command, settings, succeeds } = lab.cloud;

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await lab.up();
  });

  after(async () => {
    if (whyNoMachines() === undefined) await command("down");
  });

  it("freeze stops every process, and ends by itself", async () => {
    const ticks = () => mustRun(settings, lab.a.id, "cat /run/tick");
    const moves = async () => {
      const before = await ticks();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return (await ticks()) !== before;
    };
    await eventually("it moves", moves);
    const frozen: Fault = { kind: "freeze", server: "a" };
    const id = await look(frozen, 3, async () => assert.equal(await moves(), false));
    await endsByItself(id);
    await eventually("it moves again", moves);
  });

  partitions(lab);
  badLines(lab);
  fullDisks(lab);
  lostMetadata(lab);

  it("survives the kill -9 of its daemon: ends what has expired, goes on timing the rest", async () => {
    const folder = `/mnt/HC_Volume_${lab.made.volume}`;
    const frozen = await begin({ kind: "freeze", server: "b" }, 3);
    const cut = await begin({ kind: "partition", server: "b", from: "private" }, 3);
    const apart = await begin({ kind: "partition", server: "a", from: "internet" }, 120);
    const full = await begin({ kind: "full-disk", server: "a", path: folder }, 120);
    const refusing = await begin({ kind: "api", effect: "unavailable", pattern: "GET /volumes" }, 120);
    const { pid } = (await readStatus(settings)) ?? assert.fail("no daemon");
    process.kill(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    assert.equal(await reachedFromOutside(lab.a.publicIp), false, "in force without a daemon");

    const brought = await command("up");
    assert.equal(brought.exitCode, 0, brought.stderr);
    await endsByItself(frozen.id);
    await endsByItself(cut.id);
    assert.equal(await reaches(lab.a, lab.b.privateIp), true);
    assert.equal((await remains()).length, 1, "only what is in force");
    await mustRun(settings, lab.b.id, "systemctl is-system-running --wait || :");
    assert.deepEqual(await inForce(), [apart.id, full.id, refusing.id]);
    assert.equal(await reachedFromOutside(lab.a.publicIp), false);
    assert.notEqual(
      (await inMachine(settings, lab.a.id, `dd if=/dev/zero of=${folder}/p bs=64k count=1`)).exitCode,
      0,
    );
    await assert.rejects(api("GET", "/volumes"), /503/);
    const listed = await command("fault", "list");
    assert.match(
      listed.stdout,
      new RegExp(`fault ${apart.id}: a is without its public side \\(ends in \\d+ s\\)`),
    );

    assert.equal((await command("fault", "end", "all")).exitCode, 0);
    assert.deepEqual(await inForce(), []);
    assert.deepEqual(await remains(), []);
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    await api("GET", "/volumes");
    await mustRun(settings, lab.a.id, `dd if=/dev/zero of=${folder}/p bs=64k count=1 && rm ${folder}/p`);
  });

  it("a partition holds over a reboot of its machine", async () => {
    const { id } = await begin({ kind: "partition", server: "b", from: "internet" });
    await succeeds((await api("POST", `/servers/${lab.b.id}/actions/reset`)).action);
    await eventually("b is back", () => reaches(lab.a, lab.b.privateIp));
    assert.equal(await reachedFromOutside(lab.b.publicIp), false);
    await end(id);
    assert.equal(await reachedFromOutside(lab.b.publicIp), true);
  });

  it("power-off is seen by the API, and power comes back by itself", async () => {
    const status = async () => (await api("GET", `/servers/${lab.b.id}`)).server.status;
    const begun = await command("fault", "power-off", "b", "--for", "4s");
    assert.equal(begun.exitCode, 0, begun.stderr);
    assert.match(begun.stdout, /b has no power/);
    assert.equal(await status(), "off");
    assert.equal(await reaches(lab.a, lab.b.privateIp), false);
    await eventually("b runs again", async () => (await status()) === "running", 30);
    await eventually("b answers", () => reaches(lab.a, lab.b.privateIp));
    assert.deepEqual(await inForce(), []);
  });

  it("names what is wrong, on the command line too", async () => {
    const unknown = await command("fault", "freeze", "nobody");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /fault\.server "nobody": use one of a, b/);
    const clock = await command("fault", "clock-shift", "a", "--by", "1h");
    assert.match(clock.stderr, /share the host's wall clock/);
  });

  it("leaves nothing behind, down in the middle of a fault included", async () => {
    await begin({ kind: "freeze", server: "a" });
    await begin({ kind: "partition", server: "b", from: "everything" });
    const result = await command("down");
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await leftovers(settings), []);
    assert.equal(existsSync(settings.paths.faults), false);
  });
});
