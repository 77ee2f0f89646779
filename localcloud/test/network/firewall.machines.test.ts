import assert from "node:assert/strict";
import { execa } from "execa";
import type { FirewallRule } from "../../src/host/contract";
import { firewallChains, firewallJumps, ruleText } from "../../src/network/firewall";
import { planNetwork } from "../../src/network/plan";
import { labServer, labSettings, labWorld, whyNoMachines } from "../machines/lab";

describe("cloud firewall", () => {
  const settings = labSettings("fw", 50);
  const inbound = (given: Partial<FirewallRule> = {}): FirewallRule => ({
    direction: "in",
    protocol: "tcp",
    ranges: ["0.0.0.0/0"],
    port: "80",
    ...given,
  });

  const cases: [FirewallRule, string, string][] = [
    [inbound(), "0.0.0.0/0", "meta nfproto ipv4 tcp dport 80"],
    [inbound({ port: "8000-8080" }), "10.0.0.0/8", "ip saddr 10.0.0.0/8 tcp dport 8000-8080"],
    [inbound({ port: "any" }), "::/0", "meta nfproto ipv6 meta l4proto tcp"],
    [inbound({ protocol: "udp", port: "53" }), "2001:db8::/32", "ip6 saddr 2001:db8::/32 udp dport 53"],
    [inbound({ protocol: "icmp", port: null }), "0.0.0.0/0", "meta nfproto ipv4 meta l4proto icmp"],
    [inbound({ protocol: "icmp", port: null }), "::/0", "meta nfproto ipv6 meta l4proto icmpv6"],
    [inbound({ protocol: "esp", port: null }), "192.0.2.1/32", "ip saddr 192.0.2.1/32 meta l4proto esp"],
    [inbound({ protocol: "gre", port: null }), "0.0.0.0/0", "meta nfproto ipv4 meta l4proto gre"],
    [inbound({ direction: "out", port: "443" }), "192.0.2.0/24", "ip daddr 192.0.2.0/24 tcp dport 443"],
  ];
  for (const [rule, range, expected] of cases) {
    it(`renders ${rule.direction} ${rule.protocol} ${rule.port} ${range}`, () =>
      assert.equal(ruleText(rule, range), expected));
  }

  it("lets everything pass without a firewall", () => {
    const server = labServer(settings, 1);
    assert.equal(firewallChains(server), "");
    assert.deepEqual(firewallJumps([server], "in"), []);
  });

  it("drops all that comes in when a firewall has no rule, and lets everything out", () => {
    const server = labServer(settings, 1, { firewall: [] });
    assert.equal(firewallChains(server), "  chain in_1 {\n    drop\n  }");
    assert.deepEqual(firewallJumps([server], "in"), ['"m1" : jump in_1']);
    assert.deepEqual(firewallJumps([server], "out"), []);
  });

  it("restricts what goes out as soon as one rule says so", () => {
    const server = labServer(settings, 1, { firewall: [inbound({ direction: "out", port: "443" })] });
    assert.deepEqual(firewallJumps([server], "out"), ['"m1" : jump out_1']);
    assert.match(firewallChains(server), /chain out_1 \{\n.*443 return\n {4}drop/);
  });

  it("writes rules that the real nft accepts, 500 of them included", async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const ranges = Array.from({ length: 100 }, (_, index) => `10.${index}.0.0/16`);
    const many = Array.from({ length: 5 }, () => inbound({ ranges }));
    const servers = [
      labServer(settings, 1, { firewall: [...cases.map(([rule]) => rule), ...many] }),
      labServer(settings, 2, { firewall: [] }),
      labServer(settings, 3),
    ];
    const world = labWorld(servers, {
      floatingAddresses: [{ id: 9, cidr: "198.19.51.9/32", serverId: 1 }],
    });
    for (const active of [[], [1, 2, 3]]) {
      const plan = planNetwork({ world, active: new Set(active), settings, ipv6: true, uplinkMtu: 1500 });
      for (const { rules } of [plan.host, ...plan.routers]) {
        const checked = await execa("unshare", ["--net", "nft", "--check", "-f", "-"], {
          input: rules,
          reject: false,
        });
        assert.equal(checked.exitCode, 0, checked.stderr);
      }
    }
  });
});
