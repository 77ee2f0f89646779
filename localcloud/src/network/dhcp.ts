import { range4 } from "../addresses/ip";
import { metadataAddress, publicGateway, resolverAddresses } from "../settings/names";

/** What the DHCP server of one router gives out (HC-G9). Each lease is a /32 for one MAC address, for a day. */
export interface DhcpPlan {
  /** `10.0.0.0/16`: all leases lie in it. */
  readonly range: string;
  /** The router's address on every port, by which clients know the server. */
  readonly gateway: string;
  readonly side: "public" | "private";
  readonly leases: readonly DhcpLease[];
}

export interface DhcpLease {
  readonly macAddress: string;
  readonly ip: string;
  /** Whether a private lease leads the metadata address over this network (HC-U2). */
  readonly metadataRoute: boolean;
}

/** The files of one dnsmasq, by name. It reads all but the configuration again on SIGHUP. */
export interface DhcpFiles {
  readonly configuration: string;
  readonly hosts: string;
}

/** Files of the server whose folder is given. */
export function dhcpFiles(plan: DhcpPlan, folder: string): DhcpFiles {
  return { configuration: configurationOf(plan, folder), hosts: hostsOf(plan) };
}

/** Addresses by what they were given to, of one server since it began. */
export type GivenLeases = ReadonlyMap<string, string>;

/**
 * Whether an address has another owner now. dnsmasq gives such a one to nobody until the old lease ends after a day
 * ("not using configured address because it is leased to"), and forgets leases only when it is started again.
 */
export function changesHands(given: GivenLeases, { leases }: DhcpPlan): boolean {
  return leases.some(({ ip, macAddress }) => (given.get(ip) ?? macAddress) !== macAddress);
}

export const hostsFile = "hosts";
export const configurationFile = "dnsmasq.conf";

function configurationOf(plan: DhcpPlan, folder: string): string {
  const network = plan.range.split("/")[0] ?? "";
  const lines = [
    "# Only DHCP: names are another server's business.",
    "port=0",
    "interface=m*",
    "bind-dynamic",
    "user=root",
    "pid-file=",
    "log-facility=-",
    "quiet-dhcp",
    // Who has which address is the API's to say: nothing is learned, tried out or kept.
    "dhcp-authoritative",
    "leasefile-ro",
    "no-ping",
    `dhcp-hostsfile=${folder}/${hostsFile}`,
    `shared-network=${plan.gateway},${network}`,
    `dhcp-range=${network},static,${netmaskOf(plan.range)},24h`,
    "dhcp-option=option:netmask,255.255.255.255",
    ...(plan.side === "public" ? publicOptions : privateOptions(plan)),
  ];
  return `${lines.join("\n")}\n`;
}

const publicOptions = [
  `dhcp-option=option:router,${publicGateway}`,
  `dhcp-option=option:dns-server,${resolverAddresses.join(",")}`,
];

/** HC-G5: the gateway on-link and the network through it, no default route, no resolvers, MTU 1450. */
function privateOptions({ gateway, range }: DhcpPlan): string[] {
  const routes = `${gateway}/32,0.0.0.0,${range},${gateway}`;
  return [
    "dhcp-option=option:router",
    "dhcp-option=option:mtu,1450",
    `dhcp-option=tag:!metadata,option:classless-static-route,${routes}`,
    `dhcp-option=tag:metadata,option:classless-static-route,${routes},${metadataAddress}/32,${gateway}`,
  ];
}

function hostsOf({ leases }: DhcpPlan): string {
  const lines = leases.map(({ macAddress, ip, metadataRoute }) =>
    [macAddress, ...(metadataRoute ? ["set:metadata"] : []), ip].join(","),
  );
  return lines.map((line) => `${line}\n`).join("");
}

function netmaskOf(range: string): string {
  const { prefix } = range4(range);
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join(".");
}
