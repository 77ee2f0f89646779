import assert from "node:assert/strict";
import { execa } from "execa";
import { hostFirewallOf } from "../../../components/machine/base";
import type { MachinePlan } from "../../../components/plan/plan";
import { hostFirewall } from "../../../components/setup/hostFirewall";
import type { PlatformSettings } from "../../../components/stack/settings";
import { ensureHostPackages } from "../../../localcloud/src/linux/hostPackages";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";
import { inDebian13, whyNoDebian13 } from "../roles/edge/support/debian13";

const topology = planned(seedSettings);
const rulesetOf = (machine: MachinePlan, { adminRanges }: PlatformSettings) =>
  hostFirewall(hostFirewallOf(machine, topology.plan, adminRanges));

describe("hostFirewall", () => {
  for (const machine of topology.plan.machines) {
    it(`renders a ruleset for ${machine.name} that nft accepts`, async function () {
      if (process.getuid?.() !== 0) this.skip();
      await ensureHostPackages(["nftables"]);
      const ruleset = rulesetOf(machine, seedSettings);
      const judged = await execa("unshare", ["--net", "nft", "--check", "--file", "-"], {
        input: ruleset,
        reject: false,
      });
      assert.equal(judged.stderr, "");
      assert.equal(judged.exitCode, 0);
    });
  }

  it("S1-30: lets only app nodes and the storage node reach PostgreSQL", () => {
    const rules = rulesetOf(topology.database, seedSettings)
      .split("\n")
      .filter((line) => line.includes("dport 5432"));
    const sources = rules.flatMap(
      (line) => /saddr \{ ([^}]*) \}/.exec(line)?.[1]?.split(", ") ?? ["anybody"],
    );
    assert.deepEqual(sources.sort(), ["10.0.2.11", "10.0.2.12", "10.0.4.11"]);
  });

  it("S3-109: opens SSH on a load balancer to the admin ranges and the pair itself", () => {
    const [edge1] = topology.edge;
    const rules = rulesetOf(edge1, seedSettings)
      .split("\n")
      .filter((line) => line.includes("dport 22"));
    assert.deepEqual(
      rules.map((line) => /saddr \{ ([^}]*) \}/.exec(line)?.[1]),
      ["198.51.100.1/32", "10.0.1.11, 10.0.1.12"],
    );
  });

  it("opens SSH to IPv6 admin ranges in their own family", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const [edge1] = topology.edge;
    const settings = { ...seedSettings, adminRanges: ["198.51.100.1/32", "2001:db8:5::/48"] };
    const ruleset = rulesetOf(edge1, settings);
    assert.match(ruleset, /ip6 saddr \{ 2001:db8:5::\/48 \} tcp dport 22 accept/);
    const judged = await execa("unshare", ["--net", "nft", "--check", "--file", "-"], {
      input: ruleset,
      reject: false,
    });
    assert.equal(judged.stderr, "");
  });

  it("lets no load balancer accept anything for the sake of containers, as it runs none", () => {
    for (const machine of topology.edge) {
      const rules = rulesetOf(machine, seedSettings);
      assert.doesNotMatch(rules, /172\.20|iifname "br-\*".*accept/);
    }
  });

  it("takes a container's address for a container only where containers are, and keeps all of them from SSH", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    const { output } = await inDebian13(
      `set -e
for name in br-0123456789ab private; do
  ip netns add $name
  ip link add $name type veth peer name uplink netns $name
  ip link set $name up
  ip -n $name link set uplink up
done
ip address add 172.20.0.1/16 dev br-0123456789ab
ip address add 10.0.3.11/24 dev private
ip -n br-0123456789ab address add 172.20.0.5/16 dev uplink
ip -n private address add 10.0.3.99/24 dev uplink
ip -n private address add 172.20.0.6/32 dev uplink
for port in 22 9100; do python3 -m http.server $port --directory /tmp >/dev/null 2>&1 & done
for port in 22 9100; do curl -s -o /dev/null --retry 30 --retry-connrefused --retry-delay 1 http://127.0.0.1:$port/; done
# The answer must find its way back, or the rule would not be what is tested.
ip route add 172.20.0.6/32 dev private
nft --file /tmp/firewall.nft
try() { ip netns exec "$1" curl -s -o /dev/null -m 2 --interface "$2" "http://$3/" && echo "$4 passes" || echo "$4 dropped"; }
try br-0123456789ab 172.20.0.5 172.20.0.1:9100 "container"
try br-0123456789ab 172.20.0.5 172.20.0.1:22 "container to sshd"
try private 172.20.0.6 10.0.3.11:9100 "pretender"`,
      { "/tmp/firewall.nft": rulesetOf(topology.storage, seedSettings) },
    );
    assert.deepEqual(output.trim().split("\n"), [
      "container passes",
      "container to sshd dropped",
      "pretender dropped",
    ]);
  });

  it("S1-30, S3-108: drops what comes in and no flow names, and lets go out what goes out", () => {
    const ruleset = rulesetOf(topology.storage, seedSettings);
    assert.match(ruleset, /hook input priority 0; policy drop;/);
    assert.doesNotMatch(ruleset, /hook output [^}]*policy drop;/);
  });
});
