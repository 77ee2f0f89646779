import { containerRange } from "./docker";
import { type CompleteSetup, completeSetup } from "./types";

/** Where the ruleset lies; the table is ours alone, so that Docker's own tables stay untouched. */
const path = "/etc/platform/firewall.nft";
const unitPath = "/etc/systemd/system/platform-firewall.service";

/** What a machine lets in. */
export interface HostFirewall {
  readonly rules: readonly InboundRule[];
  /** It runs containers, which reach their machine as their gateway. */
  readonly hasContainers: boolean;
}

export interface InboundRule {
  readonly protocol: "tcp" | "udp" | "icmp" | "vrrp";
  /** Null for protocols without ports. */
  readonly port: number | null;
  /** Addresses and ranges of both families. */
  readonly sources: readonly string[] | "everybody";
  readonly purpose: string;
}

/**
 * The machine's own firewall. Hetzner's cloud firewalls see only the public side, so traffic between machines
 * is decided here: what no flow allows is dropped.
 */
export function hostFirewallSetup(firewall: HostFirewall): CompleteSetup {
  return completeSetup({
    packages: ["nftables"],
    files: [
      { path, content: hostFirewall(firewall) },
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
export function hostFirewall({ rules: inbound, hasContainers }: HostFirewall): string {
  const rules = [...(hasContainers ? containerRules : []), ...inbound.flatMap(ruleTexts)];
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
 * on the private network can claim one.
 */
const containerRules = [
  'iifname "br-*" tcp dport 22 drop',
  `iifname "br-*" ip saddr ${containerRange} accept comment "containers of this machine"`,
];

function ruleTexts({ protocol, port, sources, purpose }: InboundRule): string[] {
  const what =
    protocol === "vrrp"
      ? "ip protocol vrrp"
      : protocol === "icmp"
        ? "meta l4proto { icmp, ipv6-icmp }"
        : `${protocol} dport ${port}`;
  return sourceMatches(sources).map((from) => `${from}${what} accept comment "${purpose}"`);
}

/** One match for each address family that has sources; the empty match is everybody. */
function sourceMatches(sources: InboundRule["sources"]): string[] {
  if (sources === "everybody") return [""];
  const isIpv6 = (range: string) => range.includes(":");
  const match = (family: "ip" | "ip6", of: readonly string[]) =>
    of.length === 0 ? [] : [`${family} saddr { ${of.join(", ")} } `];
  return [
    ...match(
      "ip",
      sources.filter((range) => !isIpv6(range)),
    ),
    ...match("ip6", sources.filter(isIpv6)),
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
