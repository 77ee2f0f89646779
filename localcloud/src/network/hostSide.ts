import { lastSubnet6 } from "../addresses/ip";
import { elements, replaceTable } from "../linux/nft";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  apiRanges,
  hostAddress6,
  hostLinkLocal,
  metadataListener,
  nameserverAddresses,
  namesOf,
  resolverAddresses,
  resolverAddresses6,
  routerAddress,
} from "../settings/names";
import type { HostSidePlan, PlanInput } from "./planTypes";
import { unicast } from "./routes";

/**
 * Not routed on the internet, so a public interface reaches nobody there (RFC 6890): without this a machine that
 * has lost its private address would talk to the networks around the host instead.
 */
const privateRanges = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * The host's end: routes to the public ranges, egress for the machines, no way into the host's own services, and
 * no way into the cloud for those who share a network with this host.
 */
export function planHostSide({ world, settings, ipv6, uplinkMtu }: PlanInput): HostSidePlan {
  const { hostLink, hostTable } = namesOf(settings);
  // Each floating address by itself: the rest of a documentation range may be in use around this host.
  const floating = world.floatingAddresses
    .map(({ cidr }) => cidr.replace(/\/32$/, ""))
    .filter((cidr) => !cidr.includes(":"));
  const destinations = [settings.publicRange, settings.identityRange, ...floating];
  const target = `via ${routerAddress(settings)} dev ${hostLink} onlink src ${settings.hostAddress}`;
  const routes = destinations.map((destination) => unicast(4, destination, target));
  if (ipv6) {
    routes.push(unicast(6, settings.ipv6Range, `via fe80::1 dev ${hostLink} src ${hostAddress6(settings)}`));
  }
  const chains = [
    `  set cloud4 { type ipv4_addr; flags interval; ${elements(destinations)}; }`,
    outsidersChain(settings),
    privateChain(settings),
    egressChain(settings),
    clampChain(settings, uplinkMtu),
    inputChain(settings),
  ];
  return {
    link: hostLink,
    setup: linkSetup(settings, ipv6),
    routes,
    rules: replaceTable(hostTable, chains.join("\n")),
  };
}

function linkSetup(settings: LocalCloudSettings, ipv6: boolean): string[] {
  const { hostLink } = namesOf(settings);
  const addresses = [settings.hostAddress, metadataListener(settings), ...nameserverAddresses(settings)];
  return [
    ...addresses.map((address) => `address replace ${address}/32 dev ${hostLink}`),
    `link set dev ${hostLink} up`,
    ...(ipv6
      ? [
          `address replace ${hostAddress6(settings)}/128 dev ${hostLink} nodad`,
          `address replace ${hostLinkLocal}/64 dev ${hostLink} nodad`,
        ]
      : []),
  ];
}

/** Nobody comes into the cloud but from this host. */
function outsidersChain(settings: LocalCloudSettings): string {
  const { hostLink } = namesOf(settings);
  // Not the whole range: another cloud on this host may have a part of it that this one never gives out.
  const { publicIpv6, floatingIpv6 } = apiRanges(settings);
  const ranges6 = [publicIpv6, floatingIpv6, lastSubnet6(settings.ipv6Range, 63)];
  return `  chain outsiders {
    type filter hook prerouting priority raw
    iifname { "${hostLink}", "lo" } accept
    ip daddr @cloud4 counter drop
    ip6 daddr { ${ranges6.join(", ")} } counter drop
  }`;
}

function privateChain(settings: LocalCloudSettings): string {
  const { hostLink } = namesOf(settings);
  return `  chain private {
    type filter hook forward priority filter
    iifname != "${hostLink}" accept
    oifname "${hostLink}" accept
    ip daddr { ${privateRanges.join(", ")} } reject with icmp host-unreachable
    ip6 daddr fc00::/7 reject with icmpv6 addr-unreachable
  }`;
}

function egressChain(settings: LocalCloudSettings): string {
  const { hostLink } = namesOf(settings);
  return `  chain egress {
    type nat hook postrouting priority srcnat
    iifname "${hostLink}" oifname != "${hostLink}" masquerade
    ip saddr { ${settings.publicRange}, ${settings.floatingRange} } oifname != { "${hostLink}", "lo" } masquerade
    ip6 saddr ${settings.ipv6Range} oifname != { "${hostLink}", "lo" } masquerade
  }`;
}

/** TCP fits through the host's way out, in both directions. */
function clampChain(settings: LocalCloudSettings, uplinkMtu: number): string {
  const { hostLink } = namesOf(settings);
  const clamp = (direction: "iifname" | "oifname", family: "ipv4" | "ipv6") => {
    const maxSegment = uplinkMtu - (family === "ipv4" ? 40 : 60);
    return `    ${direction} "${hostLink}" meta nfproto ${family} tcp flags & (syn | rst) == syn tcp option maxseg size > ${maxSegment} tcp option maxseg size set ${maxSegment}`;
  };
  return `  chain clamp {
    type filter hook forward priority mangle
${clamp("iifname", "ipv4")}
${clamp("oifname", "ipv4")}
${clamp("iifname", "ipv6")}
${clamp("oifname", "ipv6")}
  }`;
}

/** What of this host machines may use. */
function inputChain(settings: LocalCloudSettings): string {
  const { hostLink } = namesOf(settings);
  const { apiPort, packageCachePort, registryPort, acmePort } = settings;
  const ports = [53, apiPort, packageCachePort, registryPort, acmePort].join(", ");
  return `  chain input {
    type filter hook input priority filter
    iifname != "${hostLink}" accept
    ct state established,related accept
    ip daddr ${settings.hostAddress} tcp dport { ${ports} } accept
    ip daddr ${settings.hostAddress} udp dport 53 accept
    ip daddr { ${nameserverAddresses(settings).join(", ")} } meta l4proto { tcp, udp } th dport 53 accept
    ip6 daddr ${hostAddress6(settings)} tcp dport 53 accept
    ip6 daddr ${hostAddress6(settings)} udp dport 53 accept
    ip daddr ${metadataListener(settings)} tcp dport ${settings.metadataPort} accept
    meta l4proto { icmp, icmpv6 } accept
    drop
  }`;
}

/** DNS that a machine asks for is answered by the host's forwarder, which follows the host's own resolver. */
export function resolverRules(hostAddress: string, hostAddress6: string): string {
  const rule = (family: "ip" | "ip6", resolvers: readonly string[], protocol: string, to: string) =>
    `    ${family} daddr { ${resolvers.join(", ")} } ${protocol} dport 53 dnat ${family} to ${to}`;
  return ["udp", "tcp"]
    .flatMap((protocol) => [
      rule("ip", resolverAddresses, protocol, hostAddress),
      rule("ip6", resolverAddresses6, protocol, hostAddress6),
    ])
    .join("\n");
}
