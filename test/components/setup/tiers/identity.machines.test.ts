import assert from "node:assert/strict";
import { machinesOf } from "../../../../components/plan/plan";
import { certifiedServers, tierNeighbours } from "../../../../components/plan/tiers";
import { planPlatform } from "../../../../components/presets";
import { haproxySetup } from "../../../../components/roles/edge/haproxy";
import { tierTakes } from "../../../../components/roles/edge/tierTakes";
import { mergeSetups } from "../../../../components/setup/merge";
import { tierSetup } from "../../../../components/setup/tiers/identity";
import type { MachineSetup } from "../../../../components/setup/types";
import { seedSettings } from "../../../support/settings";
import { type TestMachine, whyNoMachine } from "../../roles/database/support/machine";
import { bootEdge } from "../../roles/edge/support/edgeMachine";
import { edgeOptions } from "../../roles/edge/support/options";

const plan = planPlatform({ ...seedSettings, mutualTls: ["requests"] });
const [edge] = machinesOf(plan, "edge");

/** A load balancer that asks nodes which are not there. */
function setup(): MachineSetup {
  assert.ok(edge);
  const neighbours = tierNeighbours(plan, edge) ?? assert.fail("no neighbours");
  const backends = [...certifiedServers(plan, edge)].map(([address, certified]) => ({
    ...{ name: certified.name, address, port: 443, certified },
  }));
  const seed = Buffer.alloc(32, 7).toString("base64");
  const merged = mergeSetups(
    tierSetup({ machine: edge, ...neighbours, programs: [tierTakes.haproxy], seed }),
    haproxySetup({ ...edgeOptions, machine: edge, backends }),
  );
  return { ...merged, packages: [], checks: [] };
}

describe("certificates for other machines on a booted load balancer", function () {
  this.timeout(300_000);
  let machine: TestMachine;
  const own = "/etc/platform/tiers/own.pem";
  const fingerprint = async () =>
    (await machine.succeed(`openssl x509 -noout -fingerprint -sha1 -in ${own}`))
      .trim()
      .split("=")[1]
      ?.replaceAll(":", "");
  /** The same of what HAProxy asks with. */
  const inUse = async () => {
    const shown = await machine.succeed(
      `socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock <<<'show ssl cert ${own}'`,
    );
    return /^SHA1 FingerPrint: (\w+)$/m.exec(shown)?.[1];
  };
  /** Of the process that answers now; the first one is the master, which stays. */
  const workers = () => machine.succeed("pgrep -x haproxy | sort -n | tail -n +2");
  const status = async () =>
    JSON.parse((await machine.run("platform-status --json")).output).tiers as {
      up: boolean;
      reasons: string[];
    };
  /** Makes one that ends at once, as a machine has that was without power for a month. */
  const ended = `sed 's/life=[0-9]*$/life=1/' /usr/local/lib/platform-tiers/renew >/run/renew-short
rm ${own}
bash /run/renew-short issue
until ! openssl x509 -noout -checkend 0 -in ${own} >/dev/null; do sleep 0.1; done`;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootEdge("edge1");
    await machine.succeed("echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; mkdir -p /run/platform-edge");
    await machine.apply(setup());
  });
  after(() => machine?.stop());

  it("there is one before HAProxy's configuration is judged for the first time", async () => {
    assert.equal(
      await machine.succeed("systemctl is-active haproxy.service").then((said) => said.trim()),
      "active",
    );
    assert.match(await machine.succeed(`stat -c '%a %U' ${own}`), /^600 root/);
    const text = await machine.succeed(`openssl x509 -noout -subject -ext subjectAltName -in ${own}`);
    assert.match(text, /CN ?= ?prod-edge1[\s\S]*DNS:prod-edge1, DNS:edge, IP Address:10\.0\.1\.11/);
    const { up, reasons } = await status();
    assert.deepEqual([up, reasons], [true, []]);
    assert.match(
      (await machine.run("platform-status")).output,
      /^machine certificate +up, (?:29|30) days left$/m,
    );
  });

  it("a second set-up makes no other and restarts nothing", async () => {
    const before = [await fingerprint(), await workers()];
    await machine.apply(setup());
    assert.deepEqual([await fingerprint(), await workers()], before);
  });

  it("the timer runs, and its units are units that systemd takes", async () => {
    await machine.succeed(
      "systemctl is-active platform-tiers.timer && systemctl is-active platform-tiers-boot.service",
    );
    const units = ["-boot.service", ".service", ".timer"].map(
      (end) => `/etc/systemd/system/platform-tiers${end}`,
    );
    assert.equal(await machine.succeed(`systemd-analyze verify ${units.join(" ")} 2>&1`), "");
  });

  it("one that is due is renewed, HAProxy takes it while it runs, and once is enough", async () => {
    await machine.succeed(ended);
    const [before, old] = [await fingerprint(), await workers()];
    assert.notEqual(await inUse(), before);
    await machine.succeed("systemctl start platform-tiers.service");
    const fresh = await fingerprint();
    assert.notEqual(fresh, before);
    assert.deepEqual([await inUse(), await workers()], [fresh, old]);
    await machine.succeed("systemctl start platform-tiers.service");
    assert.deepEqual([await fingerprint(), await inUse(), await workers()], [fresh, fresh, old]);
  });

  it("one that has ended is said, and a machine that comes back makes another before its programs start", async () => {
    await machine.succeed(ended);
    const { up, reasons } = await status();
    assert.deepEqual([up, reasons], [false, ["has ended: other machines refuse this one"]]);
    await machine.succeed("systemctl stop haproxy.service platform-tiers-boot.service");
    // All at once, as a boot starts them.
    await machine.succeed(`printf '[Unit]\\nWants=haproxy.service platform-tiers-boot.service\\nAfter=haproxy.service\\n' >/run/systemd/system/as-boot.target
systemctl daemon-reload
systemctl start as-boot.target`);
    assert.equal((await status()).up, true);
    const order = await machine.succeed(
      "for unit in platform-tiers-boot haproxy; do systemctl show -P ActiveEnterTimestampMonotonic $unit.service; done",
    );
    const [certificate, haproxy] = order.trim().split("\n").map(Number);
    assert.ok(Number(certificate) <= Number(haproxy), order);
  });

  it("a renewal that fails keeps the old one and is said", async () => {
    await machine.succeed("mv /etc/platform/secrets/tiers-issuer.key /run/kept.key");
    const before = await fingerprint();
    await machine.succeed(`sed -i 's/^if ! \\[ -s "$own" \\].*/issue/' /usr/local/lib/platform-tiers/renew`);
    assert.notEqual((await machine.run("systemctl start platform-tiers.service")).exitCode, 0);
    assert.equal(await fingerprint(), before);
    assert.deepEqual((await status()).reasons, ["renewing failed: journalctl -u platform-tiers"]);
  });
});
