import ipaddr from "ipaddr.js";
import { lastSubnet6, subnet6 } from "../addresses/ip";
import type { AddressRanges } from "./api";
import type { LocalCloudSettings } from "./cloud";

/** Gateway that every public port answers for, as on Hetzner (HC-U1). */
export const publicGateway = "172.31.1.1";
/** Router end of the link from a private network to the public router; carries metadata requests only. */
export const uplinkAddress = "172.31.2.1";
export const metadataAddress = "169.254.169.254";
/** Hetzner's resolvers, answered inside the public router (HC-G11). */
export const resolverAddresses = ["185.12.64.1", "185.12.64.2"] as const;
export const resolverAddresses6 = ["2a01:4ff:ff00::add:1", "2a01:4ff:ff00::add:2"] as const;
/** The host's end of its link to the public router, by which IPv6 leaves the cloud. */
export const hostLinkLocal = "fe80::2";
/** Marks the routes that belong to this program in the routers' tables. */
export const routeProtocol = 177;

/** Names of namespaces and links. A link's name has at most 15 characters. */
export interface Names {
  readonly publicRouter: string;
  readonly internet: string;
  readonly hostLink: string;
  readonly hostTable: string;
  machine(serverId: number): string;
  storageBox(boxId: number): string;
  network(networkId: number): string;
  loadBalancer(loadBalancerId: number): string;
}

export function namesOf(settings: LocalCloudSettings): Names {
  const { name } = settings;
  return {
    publicRouter: `${name}-pub`,
    internet: `${name}-internet`,
    hostLink: `${name}-host`,
    hostTable: `${name}_cloud`,
    machine: (serverId) => `${name}-m${serverId}`,
    storageBox: (boxId) => `${name}-b${boxId}`,
    network: (networkId) => `${name}-n${networkId}`,
    loadBalancer: (loadBalancerId) => `${name}-l${loadBalancerId}`,
  };
}

/** Name of a server's port in a router. */
export const portOf = (serverId: number) => `m${serverId}`;

export function serverOfPort(port: string): number | undefined {
  const id = /^m(\d+)$/.exec(port)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Whether a namespace is the router of a private network of this cloud. */
export const isNetwork = (settings: LocalCloudSettings, namespace: string) =>
  new RegExp(`^${settings.name}-n\\d+$`).test(namespace);

/** Name of a storage box's port in the public router. */
export const boxPortOf = (boxId: number) => `b${boxId}`;

/** Whether a namespace is a router of the cloud of this name. */
export const isRouter = (settings: LocalCloudSettings, namespace: string) =>
  namespace === namesOf(settings).publicRouter || isNetwork(settings, namespace);

/** Name of a load balancer's port in a router. */
export const balancerPortOf = (loadBalancerId: number) => `l${loadBalancerId}`;

/** Whether a namespace is one that a cloud of this name makes. */
export function isOwnNamespace(settings: LocalCloudSettings, namespace: string): boolean {
  const names = namesOf(settings);
  if (namespace === names.publicRouter || namespace === names.internet) return true;
  return new RegExp(`^${settings.name}-[mnbl]\\d+$`).test(namespace);
}

/**
 * Address by which the metadata service knows a server. Ids that differ by the size of the range would
 * share one, which a cloud of some dozens of machines never reaches.
 */
export function identityOf(settings: LocalCloudSettings, serverId: number): string {
  const { base, size } = identityRange(settings);
  return formatAddress(base + 1 + (serverId % (size - 4)));
}

/**
 * The public router's address towards the host: the last of the identity range. It must be one that the host
 * routes to this link, or a strict reverse-path filter drops the router's ARP requests.
 */
export function routerAddress(settings: LocalCloudSettings): string {
  const { base, size } = identityRange(settings);
  return formatAddress(base + size - 2);
}

/**
 * Where the metadata service listens on the host. Not the host's public address: a private router sends this
 * one to the host, and everything else where the API's routes say.
 */
export function metadataListener(settings: LocalCloudSettings): string {
  const { base, size } = identityRange(settings);
  return formatAddress(base + size - 3);
}

function identityRange(settings: LocalCloudSettings): { base: number; size: number } {
  const [address, bits] = ipaddr.IPv4.parseCIDR(settings.identityRange);
  const base = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  return { base, size: 2 ** (32 - bits) };
}

const formatAddress = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

/** The host's own address in the IPv6 range: `2001:db8::/32` gives `2001:db8:ffff:ffff::1`. */
export function hostAddress6(settings: LocalCloudSettings): string {
  return firstHost6(lastSubnet6(settings.ipv6Range, 64));
}

/** The outside client's address: `2001:db8::/32` gives `2001:db8:ffff:fffe::1`. */
export function internetAddress6(settings: LocalCloudSettings): string {
  const half = lastSubnet6(settings.ipv6Range, 63);
  return firstHost6(half);
}

/** `2001:db8:1::/64` to `2001:db8:1::1`, the address that a server gives itself (HC-U1). */
export const firstHost6 = (network: string) => `${network.split("/")[0]}1`;

/**
 * Where Hetzner's authoritative name servers answer, in the order of their names: hydrogen, oxygen, helium. The
 * host has these addresses.
 */
export function nameserverAddresses({ publicRange }: LocalCloudSettings): readonly [string, string, string] {
  const prefix = publicRange.slice(0, publicRange.lastIndexOf("."));
  return [`${prefix}.251`, `${prefix}.252`, `${prefix}.253`];
}

/**
 * What the API gives out: servers and floating addresses take a part of the IPv6 range each, and the host and
 * the outside client keep their own.
 */
export function apiRanges(settings: LocalCloudSettings): AddressRanges {
  const { publicRange, floatingRange, ipv6Range, hostAddress, internetAddress } = settings;
  const bits = Math.max(48, Number(ipv6Range.split("/")[1]) + 2);
  return {
    publicIpv4: publicRange,
    floatingIpv4: floatingRange,
    publicIpv6: subnet6(ipv6Range, bits, 1),
    floatingIpv6: subnet6(ipv6Range, bits, 2),
    reserved: [hostAddress, internetAddress, ...nameserverAddresses(settings)],
  };
}
