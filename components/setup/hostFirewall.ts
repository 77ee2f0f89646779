import { type Flow, flowsTo, ports, sourceAddresses } from "../plan/flows";
import type { MachinePlan, Topology } from "../plan/topology";
import { type PlatformSettings, Tier } from "../settings/settings";
import { containerRange } from "./docker";
import { type CompleteSetup, completeSetup } from "./types";

/** Where the ruleset lies; the table is ours alone, so that Docker's own tables stay untouched. */
const path = "/etc/platform/firewall.nft";
const unitPath = "/etc/systemd/system/platform-firewall.service";

/**
 * The machine's own firewall. Hetzner's cloud firewalls see only the public side, so traffic between machines
 * is decided here: what no flow allows is dropped.
 */
export function hostFirewallSetup(
  machine: MachinePlan,
  topology: Topology,
  settings: PlatformSettings,
): CompleteSetup {
  return completeSetup({
    packages: ["nftables"],
    files: [
      { path, content: hostFirewall(machine, topology, settings) },
      { path: unitPath, content: unit },
    ],
    units: [
      {
        name: "platform-firewall.service",
        reads: [path, unitPath],
        onChange: "reload",
        stage: "beforeSteps",
      },
    ],
    checks: [{ name: "host firewall is loaded", command: "nft list table inet platform_firewall" }],
  });
}

/** The nft ruleset as text; one transaction replaces the old table, so there is no moment without rules. */
export function hostFirewall(machine: MachinePlan, topology: Topology, settings: PlatformSettings): string {
  const rules = [
    ...containerRules(machine),
    ...flowsTo(machine.tier).flatMap((flow) => flowRules(flow, topology, settings)),
  ];
  return `table inet platform_firewall
delete table inet platform_firewall
table inet platform_firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, packet-too-big } accept
${rules.map((text) => `    ${text}`).join("\n")}
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    # User data lies at the metadata service; a container has no business there, whatever network it is in.
    iifname "br-*" ip daddr 169.254.169.254 drop
    iifname "docker0" ip daddr 169.254.169.254 drop
  }
}
`;
}

/**
 * Containers reach their machine as their gateway, but not its SSH. By interface: an address proves nothing, anybody
 * on the private network can claim one. Load balancers run no containers.
 */
function containerRules(machine: MachinePlan): string[] {
  if (machine.tier === Tier.Edge) return [];
  return [
    `iifname "br-*" tcp dport ${ports.ssh} drop`,
    `iifname "br-*" ip saddr ${containerRange} accept comment "containers of this machine"`,
  ];
}

function flowRules(flow: Flow, topology: Topology, settings: PlatformSettings): string[] {
  const what =
    flow.protocol === "vrrp"
      ? "ip protocol vrrp"
      : flow.protocol === "icmp"
        ? "meta l4proto { icmp, ipv6-icmp }"
        : `${flow.protocol} dport ${flow.port}`;
  return sources(flow, topology, settings).map((from) => `${from}${what} accept comment "${flow.purpose}"`);
}

/** One match for each address family that has sources; the empty match is everybody. */
function sources(flow: Flow, topology: Topology, settings: PlatformSettings): string[] {
  if (flow.from === "internet") return [""];
  const ranges = flow.from === "admin" ? settings.adminRanges : sourceAddresses(flow, topology);
  const isIpv6 = (range: string) => range.includes(":");
  const match = (family: "ip" | "ip6", of: readonly string[]) =>
    of.length === 0 ? [] : [`${family} saddr { ${of.join(", ")} } `];
  return [
    ...match(
      "ip",
      ranges.filter((range) => !isIpv6(range)),
    ),
    ...match("ip6", ranges.filter(isIpv6)),
  ];
}

const unit = `[Unit]
Description=Host firewall of the platform
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${path}
ExecReload=/usr/sbin/nft -f ${path}

[Install]
WantedBy=sysinit.target
`;
