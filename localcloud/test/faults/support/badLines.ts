import assert from "node:assert/strict";
import { execa } from "execa";
import { inMachine, mustRun } from "../../machines/lab";
import type { FaultLab } from "./faultLab";

/** Tests of lines that lose or delay packets. */
export function badLines(lab: FaultLab): void {
  const { begin, end, inForce, remains } = lab;
  const { settings } = lab.cloud;

  const lossy = {
    kind: "network",
    server: "a",
    side: "private",
    lossPercent: 0,
    delayMs: 0,
    jitterMs: 0,
  } as const;

  it("loses packets in both directions", async () => {
    const { id } = await begin({ ...lossy, lossPercent: 30 });
    const { output } = await inMachine(settings, lab.b.id, `ping -q -i 0.01 -c 400 -W 1 ${lab.a.privateIp}`);
    const lost = Number(/([\d.]+)% packet loss/.exec(output)?.[1]);
    // 0.7 * 0.7 come back: 51 % are lost, with a standard deviation of 2.5 % for 400.
    assert.ok(lost > 40 && lost < 62, output);
    await end(id);
    assert.match(
      await mustRun(settings, lab.b.id, `ping -q -i 0.01 -c 50 ${lab.a.privateIp}`),
      / 0% packet loss/,
    );
  });

  it("delays packets where the kernel can, and else says why not", async () => {
    const roundTrip = async () => {
      const output = await mustRun(settings, lab.b.id, `ping -q -i 0.1 -c 10 ${lab.a.privateIp}`);
      return Number(/= [\d.]+\/([\d.]+)\//.exec(output)?.[1]);
    };
    assert.ok((await roundTrip()) < 50);
    const probe = await execa("unshare", ["--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem"], {
      reject: false,
    });
    if (probe.exitCode !== 0) {
      await assert.rejects(begin({ ...lossy, delayMs: 100 }), /kernel cannot delay packets/);
      assert.deepEqual(await inForce(), []);
      console.log("      delay itself was not run: this kernel has no netem");
      return;
    }
    const { id } = await begin({ ...lossy, delayMs: 100, jitterMs: 10 });
    const late = await roundTrip();
    assert.ok(late > 85 && late < 200, String(late));
    await end(id);
    assert.ok((await roundTrip()) < 50);
    assert.deepEqual(await remains(), []);
  });
}
