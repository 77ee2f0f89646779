import assert from "node:assert/strict";
import { kernelSetup } from "../../../components/setup/kernel";
import { sshSetup } from "../../../components/setup/ssh";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";

describe("walls of a booted Debian 13", function () {
  this.timeout(300_000);
  let machine: TestMachine;
  const audit = (port: number) =>
    machine.run(`ssh-audit --skip-rate-test --level=warn --port=${port} 127.0.0.1`);

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("walls", []);
    await machine.succeed("systemctl start ssh.service");
  });
  after(() => machine?.stop());

  it("sshd offers nothing that ssh-audit warns of; with Debian's own settings it does", async () => {
    const before = await audit(22);
    assert.match(before.output, /\(kex\) ecdh-sha2-nistp256/);
    assert.notEqual(before.exitCode, 0);
    await machine.apply(sshSetup({ isBastion: true, knownSources: ["10.0.0.0/16"] }));
    const after = await audit(22);
    assert.deepEqual([after.exitCode, after.output.match(/\[(fail|warn)\].*/g)], [0, null], after.output);
  });

  it("an algorithm that somebody switches on is found", async () => {
    await machine.succeed(
      "/usr/sbin/sshd -o Port=2022 -o PidFile=none -o MACs=hmac-sha1 -o HostKey=/etc/ssh/ssh_host_ed25519_key",
    );
    const { exitCode, output } = await audit(2022);
    assert.notEqual(exitCode, 0);
    assert.match(output, /hmac-sha1/);
  });

  it("kernel: no interface takes routes from the network, also one that was there before", async () => {
    await machine.succeed(
      "ip link add wall0 type veth; echo 1 >/proc/sys/net/ipv4/conf/wall0/accept_redirects",
    );
    await machine.apply(kernelSetup());
    const values = await machine.succeed("cat /proc/sys/net/ipv4/conf/*/accept_redirects | sort -u");
    assert.equal(values, "0");
    await machine.succeed("echo 1 >/proc/sys/net/ipv4/conf/wall0/accept_redirects");
    await machine.apply(kernelSetup());
    assert.equal(await machine.succeed("cat /proc/sys/net/ipv4/conf/wall0/accept_redirects"), "0");
  });

  it("kernel: a protocol that nobody uses is not loaded for whoever asks", async () => {
    assert.match(await machine.succeed("modprobe --show-depends dccp"), /^install \/bin\/false/);
  });

  it("kernel: step and check pass shellcheck", async () => {
    const { steps, checks } = kernelSetup();
    const scripts = [
      ...steps.flatMap(({ unless, run }) => [unless, run]),
      ...checks.map(({ command }) => command),
    ];
    // Lists of conditions, not an if-then-else in disguise; functions of a piece have locals.
    for (const script of scripts) assert.equal(await shellcheck(script, ["SC2015"]), "");
  });
});
