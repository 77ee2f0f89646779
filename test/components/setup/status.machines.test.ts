import assert from "node:assert/strict";
import { appNodeSetup } from "../../../components/roles/app/setup";
import { firstAddress } from "../../../components/roles/edge/addresses";
import { loadBalancerSetup } from "../../../components/roles/edge/setup";
import { machineProbes } from "../../../components/setup/machineProbes";
import { mergeSetups } from "../../../components/setup/merge";
import { type Probe, statusScript } from "../../../components/setup/status";
import { shellcheck } from "../../support/shellcheck";
import { stack, topology } from "../roles/app/support/stack";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";
import { certificatePem, setupOptions } from "../roles/edge/support/options";

const certified = { ...setupOptions, certificate: certificatePem() };
const overIpv6 = { ...setupOptions, ipv6: true, floatingIpv6s: ["2001:db8:2:1::1"] };
const [node] = topology.app;
assert.ok(node !== undefined);

/** Every program that a platform's machines get, but for those with machines of their own in the tests. */
const scripts: Readonly<Record<string, readonly Probe[]>> = {
  "status-edge": [...machineProbes(true, true), ...loadBalancerSetup(certified).probes],
  "status-ipv6": loadBalancerSetup(overIpv6).probes,
  "status-nginx": loadBalancerSetup({ ...certified, engine: "nginx" }).probes,
  "status-app": [...machineProbes(false, true), ...appNodeSetup(node, stack).probes],
};

const probe = (name: string, command: string, details?: string): Probe => ({
  name,
  title: name,
  command,
  ...(details === undefined ? {} : { details }),
});
const good = probe("good", `jq -n '{reasons: [], count: 3}'`, '"\\(.count) of them", "and more"');
const bad = probe("bad", `jq -n '{reasons: ["is broken", "and late"]}'`);
const silent = probe("silent", "echo 'no such thing' >&2\nfalse");
const broken = probe("broken", "echo '{'", ".nothing.there[0]");

describe("the scripts of platform-status", () => {
  for (const [name, probes] of Object.entries(scripts)) {
    it(`${name} passes shellcheck`, async function () {
      this.timeout(60_000);
      // Probes are given as whole programs, and bash words in single quotes are for jq.
      assert.equal(await shellcheck(statusScript(probes), ["SC2016"]), "");
    });
  }
});

interface Part {
  readonly up: boolean | null;
  readonly reasons: readonly string[];
}

describe("platform-status on a booted Debian 13", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("edge1", ["10.0.1.11"]);
    const contract = {
      "status-good": [good],
      "status-bad": [good, bad],
      "status-unknown": [good, silent, broken],
      "status-all": [good, bad, silent],
    };
    const files = Object.entries({ ...scripts, ...contract }).map(([name, probes]) => ({
      path: `/usr/local/sbin/${name}`,
      content: statusScript(probes),
      mode: "0755",
    }));
    await machine.apply(mergeSetups({ packages: ["jq", "curl"], files }));
  });
  after(() => machine?.stop());

  const cases: [string, number, boolean | null, readonly string[]][] = [
    ["status-good", 0, true, []],
    ["status-bad", 1, false, ["bad: is broken", "bad: and late"]],
    [
      "status-unknown",
      2,
      null,
      ["silent: cannot tell: no such thing", "broken: cannot tell: no JSON object"],
    ],
    ["status-all", 1, false, ["bad: is broken", "bad: and late", "silent: cannot tell: no such thing"]],
  ];
  for (const [name, status, up, reasons] of cases) {
    it(`ends with ${status} for ${up === null ? "what nobody can tell" : up ? "all up" : "something down"} (${name})`, async () => {
      const { exitCode, output } = await machine.run(`${name} --json`);
      assert.equal(exitCode, status, output);
      const told = JSON.parse(output);
      assert.deepEqual([told.up, told.reasons], [up, reasons]);
      assert.deepEqual(told.good, { up: true, reasons: [], count: 3 });
      assert.equal((await machine.run(name)).exitCode, status);
    });
  }

  it("prints a table for people", async () => {
    assert.equal(
      (await machine.run("status-all")).output.replace(/^.*\n/, ""),
      `good    up, 3 of them
        and more
bad     DOWN: is broken; and late
silent  UNKNOWN: cannot tell: no such thing`,
    );
  });

  it("says how it is used, and ends with 2 when it is used otherwise or by somebody else than root", async () => {
    const help = await machine.run("status-good --help");
    assert.deepEqual([help.exitCode, help.output.slice(0, 29)], [0, "usage: platform-status [--jso"]);
    for (const command of [
      "status-good --xml",
      "status-good --json now",
      "setpriv --reuid 65534 status-good",
    ]) {
      assert.equal((await machine.run(command)).exitCode, 2, command);
    }
  });

  it("leaves nothing behind", async () => {
    await machine.run("status-bad");
    assert.equal(await machine.succeed("ls -d /run/platform-status* 2>/dev/null || true"), "");
  });

  const parts = async (script: string): Promise<Readonly<Record<string, Part>>> =>
    JSON.parse((await machine.run(`${script} --json`)).output);

  it("says what is wrong with a machine of any role", async () => {
    await machine.succeed(`ip route replace unreachable default
systemctl reset-failed
install -D /dev/null /etc/apt/apt.conf.d/99-platform-updates.conf`);
    const before = await parts("status-edge");
    assert.deepEqual(before.units, { up: true, reasons: [] });
    assert.deepEqual(before.clock?.up, true);
    assert.deepEqual(before.journalUpload?.reasons, [
      "the log archive is not reached: see journalctl -u systemd-journal-upload",
    ]);
    assert.equal(before.defaultRoute?.up, true);
    assert.equal(before.updates?.up, true, "a machine whose first run is still to come");
    await machine.succeed(`ip route del unreachable default
mkdir -p /var/lib/apt/periodic
touch -d '4 days ago' /var/lib/apt/periodic/unattended-upgrades-stamp`);
    await machine.run("systemd-run --quiet --unit=broken --wait false");
    const after = await parts("status-edge");
    assert.deepEqual(after.defaultRoute?.reasons, ["there is no default route"]);
    assert.deepEqual(after.units?.reasons, ["broken.service failed: see journalctl -u broken.service"]);
    assert.match(String(after.updates?.reasons), /^security updates have not run since \d{4}-/);
    await machine.succeed("systemctl reset-failed; touch /var/lib/apt/periodic/unattended-upgrades-stamp");
    assert.equal((await parts("status-edge")).updates?.up, true);
  });

  const state = async (changes: Readonly<Record<string, unknown>>) => {
    const now = Date.now() / 1000;
    const side = { answers: true, failures: 0, problem: "", state: null };
    const told = {
      vrrp: "MASTER",
      serves: true,
      server: 1,
      owner: 1,
      verdict: "rest",
      api: "200",
      at: now,
      apiOkAt: now,
      outsideAge: 0.3,
      aside: false,
    };
    const text = JSON.stringify({ ...told, peer: { private: side, public: side }, ...changes });
    await machine.succeed(
      `mkdir -p ${firstAddress.statePath.replace(/\/[^/]*$/, "")}; printf '%s' '${text}' >${firstAddress.statePath}`,
    );
  };

  it("says what is wrong with a load balancer", async () => {
    const { proxy, keepalived, agent, address, nat, certificate } = await parts("status-edge");
    assert.deepEqual(proxy?.reasons, ["does not answer"]);
    assert.deepEqual(keepalived?.reasons, ["does not run: the other load balancer takes over"]);
    assert.deepEqual(agent?.reasons, ["has written no state: see journalctl -u floating-ip-agent"]);
    assert.equal(address?.up, false);
    assert.equal(nat?.up, false);
    assert.equal(certificate?.up, null, "there is no file");
    assert.deepEqual((await parts("status-nginx")).proxy?.reasons, ["does not answer"]);
  });

  it("says since when the API refuses, who has the address, and that a certificate ends", async () => {
    await machine.succeed(`ip address add ${setupOptions.floatingIps[0]}/32 dev lo
install -D -m 0600 /dev/stdin /etc/platform/secrets/site.pem <<'END'
${certified.certificate}END`);
    await state({});
    const healthy = await parts("status-edge");
    assert.deepEqual([healthy.agent?.reasons, healthy.address?.reasons], [[], []]);
    assert.match(String(healthy.certificate?.reasons), /^ends in [01] days$/);
    const hour = Date.now() / 1000 - 3600;
    const faults: [Readonly<Record<string, unknown>>, string, RegExp][] = [
      [
        { apiOkAt: hour, api: "401 unauthorized" },
        "agent",
        /^no call of the API has succeeded for 36\d\d s: 401 unauthorized$/,
      ],
      [{ apiOkAt: null, api: "no answer" }, "agent", /^no call of the API has succeeded yet: no answer$/],
      [{ at: hour }, "agent", /^has written no state for 36\d\d s/],
      [{ owner: 2, verdict: "partition" }, "agent", /^master beside another master/],
      [
        { aside: true, outsideAge: 40 },
        "agent",
        /^its public side reaches nobody: the other load balancer serves$/,
      ],
      [{ outsideAge: 40 }, "agent", /^its public side reaches nobody, and that of the other .* no more$/],
      [{ owner: 2 }, "address", /^this machine is master, and the address leads to server 2$/],
    ];
    for (const [changes, part, reason] of faults) {
      await state(changes);
      assert.match(String((await parts("status-edge"))[part]?.reasons), reason);
    }
    await state({ vrrp: "BACKUP", owner: 2 });
    assert.deepEqual((await parts("status-edge")).address?.reasons, [], "a standby has no address");
  });

  it("says where the network of IPv6 leads that goes with the address", async () => {
    await state({ ipv6: { owner: 1, verdict: "rest" } });
    assert.deepEqual((await parts("status-ipv6")).network?.reasons, [
      `${overIpv6.floatingIpv6s[0]} is on no interface: see journalctl -u platform-floating-ipv6`,
    ]);
    await machine.succeed(`ip -6 address add ${overIpv6.floatingIpv6s[0]}/128 dev lo nodad`);
    assert.deepEqual((await parts("status-ipv6")).network?.reasons, []);
    await state({ ipv6: { owner: 2, verdict: "brake" } });
    assert.deepEqual((await parts("status-ipv6")).network?.reasons, [
      "the address leads here, and its IPv6 network to server 2",
      "somebody else moves the IPv6 network too",
    ]);
    await state({ vrrp: "BACKUP", owner: 2, ipv6: { owner: 2, verdict: "rest" } });
    assert.deepEqual((await parts("status-ipv6")).network?.reasons, [], "a standby has no network");
  });

  it("says what is wrong with an app node", async () => {
    const { docker, traefik, replicas } = await parts("status-app");
    assert.deepEqual(docker?.reasons, ["does not answer"]);
    assert.deepEqual(traefik?.reasons, ["takes no requests"]);
    assert.equal(replicas?.reasons.length, 7);
    assert.match(String(replicas?.reasons[0]), /^admin-1: /);
  });
});
