import { hostAddress6, metadataListener, namesOf, resolverAddresses, routerAddress } from "./names";
import { replaceTable } from "./nft";
import type { HostSidePlan, PlanInput } from "./plan";
import { unicast } from "./routes";

/** The host's end: routes to the public ranges, egress for the machines, and no way into the host's own services. */
export function planHostSide({ world, settings, ipv6, uplinkMtu }: PlanInput): HostSidePlan {
  const { hostLink, hostTable } = namesOf(settings);
  const target = `via ${routerAddress(settings)} dev ${hostLink} onlink src ${settings.hostAddress}`;
  // Each floating address by itself: the rest of a documentation range may be in use around this host.
  const floating = world.floatingAddresses.map(({ cidr }) => cidr).filter((cidr) => !cidr.includes(":"));
  const destinations = [settings.publicRange, settings.identityRange, ...floating];
  const routes = destinations.map((destination) => unicast(4, destination.replace(/\/32$/, ""), target));
  const setup = [
    `address replace ${settings.hostAddress}/32 dev ${hostLink}`,
    `address replace ${metadataListener(settings)}/32 dev ${hostLink}`,
    `link set dev ${hostLink} up`,
  ];
  if (ipv6) {
    setup.push(`address replace ${hostAddress6(settings)}/128 dev ${hostLink} nodad`);
    routes.push(unicast(6, settings.ipv6Range, `via fe80::1 dev ${hostLink} src ${hostAddress6(settings)}`));
  }
  return { link: hostLink, setup, routes, rules: replaceTable(hostTable, hostRules()) };

  function hostRules(): string {
    const ports = [53, settings.apiPort, settings.packageCachePort, settings.registryPort].join(", ");
    const maxSegment = uplinkMtu - 40;
    return `  chain egress {
    type nat hook postrouting priority srcnat
    iifname "${hostLink}" oifname != "${hostLink}" masquerade
    ip saddr { ${settings.publicRange}, ${settings.floatingRange} } oifname != { "${hostLink}", "lo" } masquerade
  }
  chain clamp {
    type filter hook forward priority mangle
    iifname "${hostLink}" tcp flags & (syn | rst) == syn tcp option maxseg size > ${maxSegment} tcp option maxseg size set ${maxSegment}
    oifname "${hostLink}" tcp flags & (syn | rst) == syn tcp option maxseg size > ${maxSegment} tcp option maxseg size set ${maxSegment}
  }
  chain input {
    type filter hook input priority filter
    iifname != "${hostLink}" accept
    ct state established,related accept
    ip daddr ${settings.hostAddress} tcp dport { ${ports} } accept
    ip daddr ${settings.hostAddress} udp dport 53 accept
    ip daddr ${metadataListener(settings)} tcp dport ${settings.metadataPort} accept
    meta l4proto { icmp, icmpv6 } accept
    drop
  }`;
  }
}

/** DNS that a machine asks for is answered by the host's forwarder, which follows the host's own resolver. */
export function resolverRules(hostAddress: string): string {
  const resolvers = `{ ${resolverAddresses.join(", ")} }`;
  return `    ip daddr ${resolvers} udp dport 53 dnat ip to ${hostAddress}
    ip daddr ${resolvers} tcp dport 53 dnat ip to ${hostAddress}`;
}
