// What the local cloud remembers, as plain rows. Rows are never changed in place: an update puts a new one,
// so that a preview or a failed request can be undone by putting the old one back.

import type { RecordType } from "./dns/recordData";

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
  /** Hours of UTC in which a backup is made each day: `22-02`; null while backups are off. */
  readonly backupWindow: string | null;
  /** When the last daily backup began; ISO 8601. @default null */
  readonly lastBackup?: string | null;
  /** Id of the catalogue's ISO that is attached. @default null */
  readonly iso?: number | null;
  /** Set while the next boot starts the rescue system. @default null */
  readonly rescue?: Rescue | null;
}

/** Who may log in to the rescue system, and until when it waits to be booted. */
export interface Rescue {
  readonly publicKeys: readonly string[];
  readonly rootPasswordHash: string;
  /** ISO 8601; not booted by then, it is disabled again. */
  readonly until: string;
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

/** Switches of a storage box under the API's own names. */
export type StorageBoxAccess = Readonly<
  Record<"reachable_externally" | "samba_enabled" | "ssh_enabled" | "webdav_enabled" | "zfs_enabled", boolean>
>;

export type SubaccountAccess = Readonly<
  Record<"reachable_externally" | "samba_enabled" | "ssh_enabled" | "webdav_enabled" | "readonly", boolean>
>;

/** Times are UTC; `day_of_week` 1 is Monday, null is every day. */
export interface SnapshotPlan {
  readonly max_snapshots: number;
  readonly minute: number;
  readonly hour: number;
  readonly day_of_week: number | null;
  readonly day_of_month: number | null;
}

export interface StorageBox extends Owned {
  readonly storageBoxType: string;
  readonly location: string;
  readonly status: "initializing" | "active";
  readonly username: string;
  readonly passwordHash: string;
  /** Put into the account's authorized_keys once, when the box is made; later the file is the user's. */
  readonly publicKeys: readonly string[];
  /** IPv4 address in the public range. */
  readonly ip: string;
  readonly accessSettings: StorageBoxAccess;
  readonly snapshotPlan: SnapshotPlan | null;
  /** Moments of the plan up to this one are dealt with; ISO 8601. */
  readonly planCheckedUntil: string | null;
  /** Bytes, as the file system last told them. */
  readonly sizeData: number;
  readonly sizeSnapshots: number;
  /** How many subaccounts there ever were: their numbers are not used again. */
  readonly subaccountCount: number;
  readonly protected: boolean;
}

export interface StorageBoxSubaccount extends Owned {
  readonly storageBox: number;
  /** False until its create action has succeeded; clients do not see it before. */
  readonly ready: boolean;
  readonly username: string;
  readonly passwordHash: string;
  readonly homeDirectory: string;
  readonly accessSettings: SubaccountAccess;
  readonly description: string;
}

export interface StorageBoxSnapshot extends Owned {
  readonly storageBox: number;
  /** As for a subaccount. */
  readonly ready: boolean;
  readonly description: string;
  readonly isAutomatic: boolean;
  /** Bytes that only this snapshot holds. */
  readonly size: number;
  /** Bytes of the file system that it shows. */
  readonly sizeFilesystem: number;
}

/** A primary name server from which a secondary zone is transferred. */
export interface PrimaryNameserver {
  readonly address: string;
  readonly port: number;
  readonly tsigAlgorithm: "hmac-md5" | "hmac-sha1" | "hmac-sha256" | null;
  /** Base64. The transfer needs the key itself, and the API shows it. */
  readonly tsigKey: string | null;
}

export interface ZoneRecord {
  /** As it was sent; `dns/recordData.ts` knows which texts are the same record. */
  readonly value: string;
  readonly comment: string | null;
}

export interface RecordSet {
  /** Below the zone, `@` for the zone itself. */
  readonly name: string;
  readonly type: RecordType;
  /** Null for the zone's. */
  readonly ttl: number | null;
  readonly labels: Labels;
  readonly created: string;
  readonly protected: boolean;
  readonly records: readonly ZoneRecord[];
}

export interface Zone extends Owned {
  readonly mode: "primary" | "secondary";
  readonly ttl: number;
  readonly primaryNameservers: readonly PrimaryNameserver[];
  /** Of a primary zone; the serial stands in its SOA record. Empty for a secondary one. */
  readonly recordSets: readonly RecordSet[];
  /** What came of transferring a secondary zone; null while that is not known. */
  readonly transfer: { readonly answered: boolean; readonly recordCount: number } | null;
  readonly protected: boolean;
}

/** A TLS certificate: brought by the client, or issued by the cloud's own authority. */
export interface Certificate extends Owned {
  readonly type: "uploaded" | "managed";
  /** Certificate and chain in PEM; null until a managed one was issued. */
  readonly certificate: string | null;
  /** PEM. Leaves the database only for a file that the proxy reads. */
  readonly privateKey: string | null;
  readonly domainNames: readonly string[];
  /** SHA-256 in upper-case hexadecimal with colons. */
  readonly fingerprint: string | null;
  readonly notValidBefore: string | null;
  readonly notValidAfter: string | null;
  /** Null for an uploaded one. */
  readonly status: CertificateStatus | null;
}

export interface CertificateStatus {
  readonly issuance: "pending" | "completed" | "failed";
  readonly renewal: "scheduled" | "pending" | "failed" | "unavailable";
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface HealthCheck {
  readonly protocol: "tcp" | "http";
  readonly port: number;
  /** Seconds between two checks. */
  readonly interval: number;
  /** Seconds after which a check has failed. */
  readonly timeout: number;
  /** Checks in a row that change a target's status. */
  readonly retries: number;
  /** Null for protocol tcp. */
  readonly http: {
    readonly domain: string | null;
    readonly path: string;
    /** Text that the answer must contain; empty for any. */
    readonly response: string;
    /** `2??`: `?` is one character, `*` any number of them. */
    readonly statusCodes: readonly string[];
    readonly tls: boolean;
  } | null;
}

export interface LoadBalancerService {
  readonly protocol: "tcp" | "http" | "https";
  readonly listenPort: number;
  readonly destinationPort: number;
  readonly proxyProtocol: boolean;
  readonly healthCheck: HealthCheck;
  /** Null for protocol tcp. */
  readonly http: {
    readonly cookieName: string;
    /** Seconds. */
    readonly cookieLifetime: number;
    /** Seconds. */
    readonly timeoutIdle: number;
    readonly stickySessions: boolean;
    /** Empty for protocol http, and for https that passes TLS through. */
    readonly certificates: readonly number[];
    readonly redirectHttp: boolean;
  } | null;
}

export type LoadBalancerTarget =
  | { readonly type: "server"; readonly server: number; readonly usePrivateIp: boolean }
  | { readonly type: "label_selector"; readonly selector: string; readonly usePrivateIp: boolean }
  | { readonly type: "ip"; readonly ip: string };

export interface LoadBalancer extends Owned {
  readonly loadBalancerType: string;
  readonly location: string;
  readonly publicInterface: boolean;
  readonly ipv4: string;
  /** The /64 network; the load balancer has its first address. */
  readonly ipv6: string;
  readonly dnsPtr: DnsPtr;
  readonly privateNets: readonly { readonly network: number; readonly ip: string }[];
  readonly algorithm: "round_robin" | "least_connections";
  readonly services: readonly LoadBalancerService[];
  readonly targets: readonly LoadBalancerTarget[];
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
  storage_box: StorageBox;
  storage_box_subaccount: StorageBoxSubaccount;
  storage_box_snapshot: StorageBoxSnapshot;
  zone: Zone;
  certificate: Certificate;
  load_balancer: LoadBalancer;
  action: Action;
}

export type Kind = keyof Rows;

/** Kinds that a project owns and that carry a name and labels. */
export type OwnedKind = Exclude<Kind, "project" | "action">;
