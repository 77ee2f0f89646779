import assert from "node:assert/strict";
import { databaseKernelSetup } from "../../../components/roles/database/kernel";
import { edgeKernelSetup } from "../../../components/roles/edge/setup";
import { listenEarlySetup } from "../../../components/setup/listenEarly";
import { sysctlSetup } from "../../../components/setup/sysctl";
import type { CompleteSetup } from "../../../components/setup/types";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";

const everySetup: readonly (readonly [string, CompleteSetup])[] = [
  ["a load balancer", edgeKernelSetup],
  ["a database machine", databaseKernelSetup(20_000)],
  ["every private machine", listenEarlySetup],
];

describe("kernel settings", () => {
  for (const [of, setup] of everySetup) {
    it(`of ${of}: step and check pass shellcheck`, async function () {
      this.timeout(60_000);
      const scripts = [
        ...setup.steps.flatMap(({ unless, run }) => [unless, run]),
        ...setup.checks.map(({ command }) => command),
      ];
      // Lists of conditions, not an if-then-else in disguise.
      for (const script of scripts) assert.equal(await shellcheck(script, ["SC2015"]), "");
    });
  }

  it("a load balancer loads connection tracking before its limit is set at boot", () => {
    const content = (folder: string) =>
      edgeKernelSetup.files.find(({ path }) => path.startsWith(folder))?.content;
    assert.equal(content("/etc/modules-load.d/"), "nf_conntrack\n");
    assert.match(content("/etc/sysctl.d/") ?? "", /^-net\.netfilter\.nf_conntrack_max = 262144$/m);
    assert.match(content("/etc/sysctl.d/") ?? "", /^-net\.netfilter\.nf_conntrack_buckets = 65536$/m);
  });
});

describe("kernel settings on a booted Debian 13", function () {
  this.timeout(120_000);
  let machine: TestMachine;
  const current = async (name: string) => (await machine.succeed(`sysctl -n ${name}`)).trim();

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("edge1", []);
  });
  after(() => machine?.stop());

  it("are applied at boot after the modules that they belong to", async () => {
    const after = await machine.succeed("systemctl show --property=After --value systemd-sysctl.service");
    assert.ok(after.split(" ").includes("systemd-modules-load.service"), after);
  });

  it("are repaired by the next set-up, whichever of them somebody changed", async () => {
    await machine.apply(edgeKernelSetup);
    assert.equal(await current("net.ipv4.tcp_max_syn_backlog"), "8192");
    await machine.succeed("sysctl -q net.ipv4.tcp_max_syn_backlog=512 net.ipv4.conf.all.rp_filter=1");
    await machine.apply(edgeKernelSetup);
    assert.equal(await current("net.ipv4.tcp_max_syn_backlog"), "8192");
    assert.equal(await current("net.ipv4.conf.all.rp_filter"), "2");
    assert.equal(await current("net.ipv4.tcp_syn_retries"), "2");
  });

  it("leave alone what a machine that shares its kernel may not change", async () => {
    const names = "vm.swappiness vm.nr_hugepages";
    const before = await current(names);
    await machine.apply(databaseKernelSetup(20_000));
    assert.equal(await current(names), before);
  });

  it("fail the set-up when one of them does not hold, although sysctl ignores it", async () => {
    const name = "net.netfilter.no_such_limit";
    const missing = { [name]: "1" };
    const path = "/etc/sysctl.d/69-platform-test.conf";
    for (const [values, whereAllowed] of [
      [missing, undefined],
      [{}, missing],
    ] as const) {
      const setup = sysctlSetup({ name: "limits", path, values, whereAllowed });
      await assert.rejects(machine.apply(setup), /failed at "check limits hold"/);
    }
  });
});
