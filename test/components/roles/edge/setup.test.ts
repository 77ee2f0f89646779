import assert from "node:assert/strict";
import { machineBase } from "../../../../components/machine/base";
import { loadBalancerSetup } from "../../../../components/roles/edge/setup";
import { mergeSetups } from "../../../../components/setup/merge";
import { renderSetup } from "../../../../components/setup/render";
import { noticedWithinSeconds } from "../../../../components/setup/site";
import { seedSettings } from "../../../support/settings";
import { shellcheck } from "../../../support/shellcheck";
import { agentOptions, edge1, edge2, setupOptions, topology } from "./support/options";

const haproxy = loadBalancerSetup(setupOptions);
const nginx = loadBalancerSetup({ ...setupOptions, engine: "nginx" });
const overIpv6 = loadBalancerSetup({
  ...setupOptions,
  ipv6: true,
  floatingIpv6s: ["2001:db8:2:1::1"],
  agent: { ...agentOptions, floatingIpv6Ids: [70] },
});
const names = (setup: typeof haproxy) => setup.units.map((unit) => unit.name);

describe("load balancer setup", () => {
  it("runs one engine, and the other one is removed because it is listed no longer", () => {
    assert.ok(names(haproxy).includes("haproxy.service") && !names(haproxy).includes("nginx.service"));
    assert.ok(!names(haproxy).includes("platform-edge-probe.service"));
    assert.ok(names(nginx).includes("nginx.service") && !names(nginx).includes("haproxy.service"));
    const others = (setup: typeof haproxy) =>
      names(setup).filter((name) => !/^(?:haproxy|nginx|platform-edge-probe)\.service$/.test(name));
    assert.deepEqual(others(haproxy), others(nginx));
  });

  it("starts what VRRP needs before keepalived", () => {
    const order = names(haproxy);
    const keepalived = order.indexOf("keepalived.service");
    for (const earlier of ["platform-floating-ip.service", "haproxy.service", "floating-ip-agent.service"]) {
      assert.ok(order.indexOf(earlier) < keepalived, earlier);
    }
  });

  it("notices that an app node is healthy again before the next node changes", () => {
    const config = haproxy.files.find(({ path }) => path.endsWith("/haproxy.cfg"))?.content ?? "";
    const app = config.slice(config.indexOf("backend app\n"));
    const [, interval, rise] = /downinter (\d+)s .*rise (\d+) /.exec(app) ?? assert.fail(app);
    assert.ok(Number(interval) * Number(rise) < noticedWithinSeconds, `${interval} s, ${rise} times`);
  });

  it("S1-5, S1-41: mirrors itself on the other machine, which differs in who is who alone", () => {
    const second = loadBalancerSetup({ ...setupOptions, machine: edge2, peer: edge1 });
    const content = (setup: typeof haproxy, suffix: string) =>
      setup.files.find(({ path }) => path.endsWith(suffix))?.content ?? assert.fail(suffix);
    const swapped = (text: string) =>
      text
        .replaceAll(/\bedge[12]\b/g, (name) => (name === "edge1" ? "edge2" : "edge1"))
        .replaceAll(/\b10\.0\.1\.1[12]\b/g, (ip) => (ip === "10.0.1.11" ? "10.0.1.12" : "10.0.1.11"));
    for (const file of ["/haproxy.cfg", "/reload-haproxy"])
      assert.equal(swapped(content(second, file)), content(haproxy, file), file);
    assert.notEqual(content(second, "/haproxy.cfg"), content(haproxy, "/haproxy.cfg"));
    assert.deepEqual(
      second.files.map((file) => file.path),
      haproxy.files.map((file) => file.path),
    );
  });

  it("differs for visitors over IPv6 in what is theirs alone", () => {
    const former = new Map(haproxy.files.map(({ path, content }) => [path, content]));
    const different = overIpv6.files.filter(({ path, content }) => former.get(path) !== content);
    assert.deepEqual(different.map(({ path }) => path).sort(), [
      "/etc/haproxy/haproxy.cfg",
      "/etc/platform/secrets/floating-ip-agent.json",
      "/etc/systemd/system/platform-floating-ipv6.service",
      "/usr/local/lib/platform-edge/floating-ipv6",
    ]);
    assert.deepEqual(
      names(overIpv6).filter((name) => !names(haproxy).includes(name)),
      ["platform-floating-ipv6.service"],
    );
    const added = overIpv6.probes.filter(({ name }) => !haproxy.probes.some((probe) => probe.name === name));
    assert.deepEqual(
      added.map(({ title }) => title),
      ["floating IPv6"],
    );
  });

  it("holds secrets only in files that root alone reads", () => {
    const setup = loadBalancerSetup({ ...setupOptions, certificate: "planted-certificate" });
    const open = setup.files.filter((file) => file.content.includes("planted-") && file.mode !== "0600");
    assert.deepEqual(open, []);
    const rest = JSON.stringify([setup.steps, setup.units, setup.checks, setup.packages]);
    assert.ok(!rest.includes("planted-"));
  });

  it("gives a script without findings of shellcheck, together with the base", async function () {
    this.timeout(20_000);
    const script = renderSetup(
      edge1.hostname,
      mergeSetups(machineBase(edge1, topology.plan, seedSettings), haproxy),
    );
    assert.equal(await shellcheck(script, ["SC2016"]), "");
    for (const step of haproxy.steps) {
      assert.equal(await shellcheck(`${step.unless}\n`), "", step.name);
      assert.equal(await shellcheck(`set -euo pipefail\n${step.run}\n`), "", step.name);
    }
    for (const check of [...haproxy.checks, ...nginx.checks, ...overIpv6.checks]) {
      assert.equal(await shellcheck(`${check.command}\n`), "", check.name);
    }
  });
});
