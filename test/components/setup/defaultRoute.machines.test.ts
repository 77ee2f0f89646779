import assert from "node:assert/strict";
import { parse } from "yaml";
import {
  defaultRouteFiles,
  defaultRouteSetup,
  privateUserData,
} from "../../../components/setup/defaultRoute";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";

describe("the default route of a private machine", () => {
  it("is kept by the same files at the first boot as later", () => {
    const files: { path: string; content: string; permissions?: string }[] =
      parse(privateUserData).write_files;
    assert.deepEqual(
      files.map(({ path, content, permissions }) => ({
        path,
        content,
        ...(permissions && { mode: permissions }),
      })),
      defaultRouteFiles,
    );
  });

  it("passes shellcheck", async function () {
    this.timeout(60_000);
    for (const { path, content } of defaultRouteFiles)
      if (path.includes("bin/")) assert.equal(await shellcheck(content), "");
  });

  it("is no business of a load balancer, which has a public one", () => {
    assert.deepEqual(defaultRouteSetup(true).units, []);
  });
});

/** As a lease of Hetzner's private network sets it: a /32, the gateway on link, the range through it. */
const plugIn = `ip link add enp7s0 type veth peer name cable
ip link set cable up
ip link set enp7s0 up
ip address add 10.0.3.11/32 dev enp7s0
ip route add 10.0.0.1 dev enp7s0
ip route add 10.0.0.0/16 via 10.0.0.1`;

const until = (condition: string) =>
  `for try in {1..300}; do ! { ${condition}; } >/dev/null 2>&1 || exit 0; sleep 0.1; done; ip route; exit 1`;

describe("the default route on a booted Debian 13", function () {
  this.timeout(120_000);
  let machine: TestMachine;
  const routeIsBack = () =>
    machine.succeed(until("ip -4 route show default | grep -q 'via 10.0.0.1 dev enp7s0'"));

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("database1", []);
    await machine.succeed(plugIn);
    await machine.apply(defaultRouteSetup(false));
    await routeIsBack();
  });
  after(() => machine?.stop());

  it("comes back when something removes it", async () => {
    await machine.succeed("ip route del default");
    await routeIsBack();
    await machine.succeed("platform-default-route check");
  });

  it("moves to the gateway when something replaces it by another way", async () => {
    await machine.succeed("ip link add other type veth peer name cable2 && ip link set other up");
    await machine.succeed("ip route replace default dev other");
    await routeIsBack();
  });

  it("comes back when the interface is taken out and plugged in again", async () => {
    await machine.succeed("ip link del enp7s0");
    const { exitCode, output } = await machine.run("platform-default-route check");
    assert.deepEqual(
      [exitCode, output.trim()],
      [1, "no route into the private network: the interface has no lease"],
    );
    await machine.succeed(plugIn);
    await routeIsBack();
  });

  it("names the resolvers again when a lease or a link has replaced them", async () => {
    for (const spoil of [
      "echo nameserver 192.0.2.1 >/etc/resolv.conf",
      "ln -sf /run/nowhere /etc/resolv.conf",
    ]) {
      // In one command: the keeper, which looks every second, may be quicker than a second one.
      assert.equal((await machine.run(`${spoil}\nplatform-default-route check`)).exitCode, 1, spoil);
      await machine.succeed(until("platform-default-route check"));
    }
  });

  it("is kept again when the kernel's messages end or the keeper is killed", async () => {
    for (const [what, command] of [
      ["messages", "pkill -f '^ip monitor'"],
      ["keeper", "systemctl kill --signal=KILL platform-default-route.service"],
    ]) {
      await machine.succeed(`${command}\n${until("systemctl is-active platform-default-route.service")}`);
      await machine.succeed("ip route del default");
      await routeIsBack().catch((error) => assert.fail(`${what}: ${error}`));
    }
  });

  it("makes a set-up fail that could reach nothing, and says why", async () => {
    await machine.succeed("systemctl stop platform-default-route.service && ip route del default");
    const { checks } = defaultRouteSetup(false);
    const [check] = checks;
    assert.ok(check);
    const { exitCode, output } = await machine.run(check.command);
    assert.equal(exitCode, 1);
    assert.match(output, /no default route through 10\.0\.0\.1: systemctl status platform-default-route/);
  });
});
