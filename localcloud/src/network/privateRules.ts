import type { Attachment, NetworkSpec, ServerSpec } from "../host/contract";
import { dhcpRequest, elements } from "../linux/nft";
import type { LocalCloudSettings } from "../settings/cloud";
import { identityOf, metadataAddress, metadataListener, portOf } from "../settings/names";
import { hasPublicPort } from "./publicRouter";

/** A server that is attached to the network. */
export interface Member {
  readonly server: ServerSpec;
  readonly attachment: Attachment;
  /** Name of the interface in the guest (HC-G3). */
  readonly device: string;
}

/** A load balancer that is attached to the network. */
export interface BalancerMember {
  readonly id: number;
  readonly port: string;
  readonly ip: string;
}

/** Body of a private router's table: who may send from which address, and where metadata are found. */
export function privateRules(
  network: NetworkSpec,
  members: readonly Member[],
  balancers: readonly BalancerMember[],
  settings: LocalCloudSettings,
): string {
  return [
    sets(members, balancers, settings),
    antiSpoofChain(network, members),
    natChains(settings),
    forwardChains,
  ].join("\n");
}

function sets(
  members: readonly Member[],
  balancers: readonly BalancerMember[],
  settings: LocalCloudSettings,
): string {
  const own = [
    ...members.flatMap(({ server, attachment }) =>
      [attachment.ip, ...attachment.aliasIps].map((address) => `"${portOf(server.id)}" . ${address}`),
    ),
    ...balancers.map(({ port, ip }) => `"${port}" . ${ip}`),
  ];
  // HC-U2: only a server without public interface finds its metadata here. For the others the address is one like
  // any other: a route of the network may lead it to a NAT server, whose data is answered then (HC-M5).
  const hidden = members.filter(({ server }) => !hasPublicPort(server));
  const marks = hidden.map(({ server }) => `"${portOf(server.id)}" : ${server.id}`);
  const identity = hidden.map(({ server }) => `${server.id} : ${identityOf(settings, server.id)}`);
  return `  set own { type ifname . ipv4_addr; ${elements(own)}; }
  map port_mark { type ifname : mark; ${elements(marks)}; }
  map identity { type mark : ipv4_addr; ${elements(identity)}; }`;
}

function antiSpoofChain(network: NetworkSpec, members: readonly Member[]): string {
  // HC-N3: a foreign source may come only from a server that an API route names for it.
  const routed = network.routes.flatMap(({ destination, gateway }) => {
    const target = members.find(({ attachment }) => attachment.ip === gateway);
    if (target === undefined) return [];
    const from = destination === "0.0.0.0/0" ? "" : ` ip saddr ${destination}`;
    return [`    iifname "${portOf(target.server.id)}"${from} accept`];
  });
  return `  chain anti_spoof {
    type filter hook prerouting priority raw
    iifname "uplink" accept
    meta nfproto ipv6 drop
    ${dhcpRequest}
    meta pkttype { broadcast, multicast } drop
    ip daddr ${metadataAddress} tcp dport 80 meta mark set iifname map @port_mark accept
    iifname . ip saddr @own accept
    ip saddr ${network.ipRange} drop
${routed.join("\n")}
    drop
  }`;
}

function natChains(settings: LocalCloudSettings): string {
  const listener = `${metadataListener(settings)}:${settings.metadataPort}`;
  return `  chain destinations {
    type nat hook prerouting priority dstnat
    iifname "m*" meta mark != 0 ip daddr ${metadataAddress} tcp dport 80 dnat ip to ${listener}
  }
  chain sources {
    type nat hook postrouting priority srcnat
    oifname "uplink" meta mark != 0 snat ip to meta mark map @identity
  }`;
}

const forwardChains = `  chain forward {
    type filter hook forward priority filter
    ct state established,related accept
    oifname "uplink" ct status dnat accept
    oifname "uplink" drop
    iifname "uplink" drop
  }
  chain silence {
    type filter hook output priority filter
    # What the network does not know vanishes (HC-N3); the sender is not told.
    icmp type destination-unreachable icmp code net-unreachable drop
  }`;
