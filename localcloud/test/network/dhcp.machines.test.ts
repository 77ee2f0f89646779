import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { changesHands, type DhcpPlan, dhcpFiles } from "../../src/network/dhcp";
import { planNetwork } from "../../src/network/plan";
import { labServer, labSettings, labWorld, whyNoMachines } from "../machines/lab";

describe("DHCP of the routers", () => {
  const settings = labSettings("dhcp", 44);
  const one = labServer(settings, 1);
  const hidden = labServer(settings, 3, { publicIpv4: null, publicIpv6: null });
  const planOf = (poisoned: readonly number[] = [], active = [1, 3]) =>
    planNetwork({
      world: labWorld([one, hidden]),
      active: new Set(active),
      poisoned: new Set(poisoned),
      settings,
      ipv6: true,
      uplinkMtu: 1500,
    }).routers.map(({ dhcp }) => dhcp as DhcpPlan);
  const [publicSide, privateSide] = planOf() as [DhcpPlan, DhcpPlan];
  const files = (plan: DhcpPlan) => dhcpFiles(plan, "/run/x");

  it("leases each server its public address, router and resolvers of Hetzner", () => {
    assert.equal(files(publicSide).hosts, "96:00:00:00:00:01,198.19.44.11\n");
    const { configuration } = files(publicSide);
    assert.match(configuration, /^dhcp-range=198\.19\.44\.0,static,255\.255\.255\.0,24h$/m);
    assert.match(configuration, /^dhcp-option=option:netmask,255\.255\.255\.255$/m);
    assert.match(configuration, /^dhcp-option=option:router,172\.31\.1\.1$/m);
    assert.match(configuration, /^dhcp-option=option:dns-server,185\.12\.64\.1,185\.12\.64\.2$/m);
    assert.doesNotMatch(configuration, /mtu|static-route/);
  });

  it("leads private leases through the gateway, with MTU 1450, and metadata only where nothing else does", () => {
    assert.equal(
      files(privateSide).hosts,
      "86:00:00:00:00:01,10.0.1.11\n86:00:00:00:00:03,set:metadata,10.0.1.13\n",
    );
    const { configuration } = files(privateSide);
    const routes = "option:classless-static-route,10.0.0.1/32,0.0.0.0,10.0.0.0/16,10.0.0.1";
    assert.ok(configuration.includes(`\ndhcp-option=tag:!metadata,${routes}\n`));
    assert.ok(configuration.includes(`\ndhcp-option=tag:metadata,${routes},169.254.169.254/32,10.0.0.1\n`));
    assert.match(configuration, /^dhcp-option=option:mtu,1450$/m);
    assert.match(configuration, /^dhcp-option=option:router$/m, "no default route");
  });

  it("poisons the lease of the server that a fault names, and no other", () => {
    const [, poisoned] = planOf([1]) as [DhcpPlan, DhcpPlan];
    assert.match(files(poisoned).hosts, /^86:00:00:00:00:01,set:metadata,10\.0\.1\.11$/m);
  });

  it("tells when an address has another owner, which the running server would not serve", () => {
    const given = new Map([
      ["10.0.1.11", "86:00:00:00:00:01"],
      ["10.0.1.99", "86:00:00:00:00:09"],
    ]);
    assert.equal(changesHands(given, privateSide), false, "the same owner, one that is gone and a new one");
    assert.equal(changesHands(new Map([["10.0.1.13", "86:00:00:00:00:99"]]), privateSide), true);
    assert.equal(changesHands(new Map(), privateSide), false);
  });

  it("never leases an alias, and nothing to a machine that is off", () => {
    const aliased = { ...one, attachments: one.attachments.map((a) => ({ ...a, aliasIps: ["10.0.1.77"] })) };
    const { routers } = planNetwork({
      world: labWorld([aliased]),
      active: new Set([1]),
      settings,
      ipv6: true,
      uplinkMtu: 1500,
    });
    assert.doesNotMatch(files(routers[1]?.dhcp as DhcpPlan).hosts, /10\.0\.1\.77/);
    assert.deepEqual(
      planOf([], []).map((plan) => files(plan).hosts),
      ["", ""],
    );
  });

  it("is taken by the real dnsmasq", async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const folder = await mkdtemp(join(tmpdir(), "dhcp-"));
    try {
      for (const range of ["10.0.0.0/8", "192.168.4.0/29"]) {
        const plans = [
          publicSide,
          privateSide,
          { ...privateSide, range, gateway: range.replace(/0\/\d+$/, "1") },
        ];
        for (const plan of plans) {
          const file = join(folder, "dnsmasq.conf");
          await writeFile(file, dhcpFiles(plan, folder).configuration);
          await writeFile(join(folder, "hosts"), dhcpFiles(plan, folder).hosts);
          const tested = await execa("dnsmasq", ["--test", `--conf-file=${file}`], { reject: false });
          assert.equal(tested.exitCode, 0, tested.stderr);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
