// What the local cloud remembers, as plain rows. Rows are never changed in place: an update puts a new one,
// so that a preview or a failed request can be undone by putting the old one back.

export type Labels = Readonly<Record<string, string>>;

interface Owned {
  readonly id: number;
  readonly project: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: string;
}

export interface Project {
  readonly id: number;
  readonly name: string;
}

export interface SshKey extends Owned {
  /** MD5 of the key blob, colon-separated hexadecimal. */
  readonly fingerprint: string;
  readonly publicKey: string;
}

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

export interface PrivateNet {
  readonly network: number;
  readonly ip: string;
  readonly aliasIps: readonly string[];
  readonly macAddress: string;
}

export interface Server extends Owned {
  readonly serverType: string;
  readonly location: string;
  /** Id of a catalogue image or of a snapshot; null when that snapshot was deleted. */
  readonly image: number | null;
  readonly diskGb: number;
  readonly userData: string;
  /** The keys themselves: deleting an SSH key later changes nothing here. */
  readonly publicKeys: readonly string[];
  /** Only where no key was given. */
  readonly rootPasswordHash: string | null;
  readonly power: "on" | "off";
  readonly macAddress: string;
  readonly privateNets: readonly PrivateNet[];
  readonly placementGroup: number | null;
  readonly protected: boolean;
  readonly backupWindow: string | null;
}

export interface PlacementGroup extends Owned {
  readonly type: "spread";
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

/** Reverse DNS names by address; an IPv4 address without an entry has Hetzner's default name. */
export type DnsPtr = Readonly<Record<string, string>>;

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

export interface Volume extends Owned {
  readonly size: number;
  readonly location: string;
  readonly server: number | null;
  readonly format: "ext4" | "xfs" | null;
  readonly status: "creating" | "available";
  readonly protected: boolean;
}

/** A snapshot or a backup; system images live in the catalogue. */
export interface Image extends Owned {
  readonly type: "snapshot" | "backup";
  readonly status: "creating" | "available" | "unavailable";
  readonly description: string;
  readonly imageSizeGb: number | null;
  readonly diskGb: number;
  readonly createdFrom: { readonly id: number; readonly name: string };
  readonly boundTo: number | null;
  readonly osFlavor: string;
  readonly osVersion: string | null;
  readonly architecture: "x86" | "arm";
  readonly protected: boolean;
}

export interface ResourceRef {
  readonly id: number;
  readonly type: string;
}

/** How an action goes on after a restart: which work, with which arguments, after which other action. */
export interface Plan {
  readonly work: string;
  readonly args: object;
  readonly after: number | null;
  readonly minimumMs: number;
}

export interface Action {
  readonly id: number;
  readonly project: number;
  readonly command: string;
  readonly status: "running" | "success" | "error";
  readonly progress: number;
  readonly started: string;
  readonly finished: string | null;
  readonly resources: readonly ResourceRef[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly plan: Plan;
}

/** Every kind of row; the keys are the resource types of the API. */
export interface Rows {
  project: Project;
  ssh_key: SshKey;
  network: Network;
  server: Server;
  placement_group: PlacementGroup;
  firewall: Firewall;
  floating_ip: FloatingIp;
  primary_ip: PrimaryIp;
  volume: Volume;
  image: Image;
  action: Action;
}

export type Kind = keyof Rows;

/** Kinds that a project owns and that carry a name and labels. */
export type OwnedKind = Exclude<Kind, "project" | "action">;
