import assert from "node:assert/strict";
import { inMachine, mustRun } from "../../machines/lab";
import type { FaultLab } from "./faultLab";

/** Tests of metadata that does not come. */
export function lostMetadata(lab: FaultLab): void {
  const { begin, end } = lab;
  const { settings } = lab.cloud;

  it("poisons the route to the metadata, which a pinned route survives", async () => {
    const asked = () =>
      inMachine(settings, lab.a.id, "curl -sf -m 2 http://169.254.169.254/hetzner/v1/metadata/instance-id");
    assert.equal((await asked()).output, String(lab.a.id));
    const { id } = await begin({ kind: "metadata", server: "a", how: "poisoned-route" });
    assert.notEqual((await asked()).exitCode, 0);
    const pin = "169.254.169.254/32 via 172.31.1.1 dev eth0 onlink metric 100";
    await mustRun(settings, lab.a.id, `ip route add ${pin}`);
    assert.equal((await asked()).output, String(lab.a.id));
    await mustRun(settings, lab.a.id, `ip route del ${pin}`);
    await end(id);
    assert.equal((await asked()).output, String(lab.a.id));
  });

  it("answers metadata late", async () => {
    const asked = (seconds: number) =>
      inMachine(
        settings,
        lab.a.id,
        `curl -sf -m ${seconds} http://169.254.169.254/hetzner/v1/metadata/instance-id`,
      );
    const { id } = await begin({ kind: "metadata", server: "a", how: "slow" });
    assert.equal((await asked(2)).exitCode, 28, "curl's time-out");
    await end(id);
    assert.equal((await asked(2)).output, String(lab.a.id));
  });
}
