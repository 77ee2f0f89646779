// Networks, firewalls and public addresses.
import type { DnsPtr, Owned } from "./common";

export interface Subnet {
  readonly type: "cloud" | "server" | "vswitch";
  readonly ipRange: string;
  readonly networkZone: string;
  readonly vswitchId: number | null;
}

export interface Route {
  readonly destination: string;
  readonly gateway: string;
}

export interface Network extends Owned {
  readonly ipRange: string;
  readonly subnets: readonly Subnet[];
  readonly routes: readonly Route[];
  readonly exposeRoutesToVswitch: boolean;
  readonly protected: boolean;
}

export interface Rule {
  readonly direction: "in" | "out";
  readonly protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  readonly sourceIps: readonly string[];
  readonly destinationIps: readonly string[];
  readonly port: string | null;
  readonly description: string | null;
}

export type Application =
  | { readonly type: "server"; readonly server: number; readonly status: "pending" | "applied" }
  | { readonly type: "label_selector"; readonly selector: string };

export interface Firewall extends Owned {
  readonly rules: readonly Rule[];
  readonly applied: readonly Application[];
}

export interface FloatingIp extends Owned {
  readonly description: string;
  readonly type: "ipv4" | "ipv6";
  /** The address, or the /64 network of an IPv6 one. */
  readonly ip: string;
  readonly server: number | null;
  readonly dnsPtr: DnsPtr;
  readonly homeLocation: string;
  readonly protected: boolean;
}

export interface PrimaryIp extends Owned {
  readonly type: "ipv4" | "ipv6";
  readonly ip: string;
  readonly location: string;
  readonly assignee: number | null;
  readonly autoDelete: boolean;
  readonly dnsPtr: DnsPtr;
  readonly protected: boolean;
}
