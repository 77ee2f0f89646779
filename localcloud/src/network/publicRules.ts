import type { ServerSpec, World } from "../host/contract";
import { dhcpRequest, elements } from "../linux/nft";
import type { LocalCloudSettings } from "../settings/cloud";
import {
  boxPortOf,
  hostAddress6,
  identityOf,
  metadataAddress,
  metadataListener,
  portOf,
} from "../settings/names";
import { firewallChains, firewallJumps } from "./firewall";
import { resolverRules } from "./hostSide";
import { metadataSources } from "./ipv6Only";

/**
 * Body of the public router's table: who may send from which address, what reaches metadata and resolver, and the
 * cloud firewalls.
 *
 * @param servers those with a public port
 */
export function publicRules(
  world: World,
  servers: readonly ServerSpec[],
  settings: LocalCloudSettings,
): string {
  return [
    sets(world, servers, settings),
    antiSpoofChain(settings),
    natChains(settings),
    forwardChain(settings),
    servers.map(firewallChains).filter(Boolean).join("\n"),
  ].join("\n");
}

/** Who has which port and address, and which firewall. */
function sets(world: World, servers: readonly ServerSpec[], settings: LocalCloudSettings): string {
  const marks = servers.map(({ id }) => `"${portOf(id)}" : ${id}`);
  const identity = servers.map(({ id }) => `${id} : ${identityOf(settings, id)}`);
  const internalBoxes = world.storageBoxes
    .filter(({ accounts }) => !accounts.some(({ external }) => external))
    .map(({ id }) => `"${boxPortOf(id)}"`);
  return `  set own4 { type ifname . ipv4_addr; flags interval; ${elements(ownAddresses(world, servers, 4))}; }
  set own6 { type ifname . ipv6_addr; flags interval; ${elements(ownAddresses(world, servers, 6))}; }
  map port_mark { type ifname : mark; ${elements(marks)}; }
  map identity { type mark : ipv4_addr; ${elements(identity)}; }
  set ipv6_only { type ifname . ipv4_addr; ${elements(metadataSources(servers, settings))}; }
  set internal_boxes { type ifname; ${elements(internalBoxes)}; }
  map firewall_in { type ifname : verdict; ${elements(firewallJumps(servers, "in"))}; }
  map firewall_out { type ifname : verdict; ${elements(firewallJumps(servers, "out"))}; }`;
}

/** Port and address of each server, its floating addresses included. */
function ownAddresses(world: World, servers: readonly ServerSpec[], family: 4 | 6): string[] {
  return servers.flatMap(({ id, publicIpv4, publicIpv6 }) => {
    const floating = world.floatingAddresses
      .filter(({ serverId, cidr }) => serverId === id && cidr.includes(":") === (family === 6))
      .map(({ cidr }) => cidr);
    return [family === 4 ? publicIpv4 : publicIpv6, ...floating]
      .filter((address) => address !== null)
      .map((address) => `"${portOf(id)}" . ${address}`);
  });
}

function antiSpoofChain({ identityRange, hostAddress }: LocalCloudSettings): string {
  return `  chain anti_spoof {
    type filter hook prerouting priority raw
    iifname "n*" ip saddr != ${identityRange} drop
    iifname != "m*" accept
    ip daddr ${metadataAddress} tcp dport 80 meta mark set iifname map @port_mark accept
    iifname . ip saddr @own4 accept
    iifname . ip6 saddr @own6 accept
    iifname . ip saddr @ipv6_only ip daddr ${hostAddress} accept
    ${dhcpRequest}
    ip6 saddr fe80::/10 accept
    drop
  }`;
}

/** Metadata and names, wherever a machine looks for them. */
function natChains(settings: LocalCloudSettings): string {
  const listener = metadataListener(settings);
  return `  chain destinations {
    type nat hook prerouting priority dstnat
    iifname "m*" ip daddr ${metadataAddress} tcp dport 80 dnat ip to ${listener}:${settings.metadataPort}
${resolverRules(settings.hostAddress, hostAddress6(settings))}
  }
  chain sources {
    type nat hook postrouting priority srcnat
    oifname "host" ip daddr ${listener} meta mark != 0 snat ip to meta mark map @identity
  }`;
}

function forwardChain(settings: LocalCloudSettings): string {
  return `  chain forward {
    type filter hook forward priority filter
    ct state established,related accept
    # A storage box answers and asks nothing.
    iifname "b*" drop
    iifname { "host", "inet" } oifname @internal_boxes drop
    iifname "m*" ct status dnat accept
    iifname "m*" ip daddr ${settings.identityRange} drop
    # They stand for Debian's mirror, Docker Hub and Let's Encrypt, which no rule of a firewall names by this address.
    iifname "m*" ip daddr ${settings.hostAddress} tcp dport { ${settings.packageCachePort}, ${settings.registryPort}, ${settings.acmePort} } accept
    iifname vmap @firewall_out
    oifname vmap @firewall_in
  }`;
}
