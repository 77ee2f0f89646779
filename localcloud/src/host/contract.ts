// What the API asks of the machine room, and what the machine room tells the API. The API (api/)
// owns the state; a Host (linuxHost/) makes the Linux machine match it.

import type { RecordType } from "../dns/recordData";
import type { Point } from "../metrics/history";
import type { LoadBalancerService } from "../state/rows";
import type { StorageBoxHost, StorageBoxSpec } from "./storageBoxes";

/** One private attachment of a server. */
export interface Attachment {
  readonly networkId: number;
  /** Address in the private network, without a prefix length: `10.0.1.2`. */
  readonly ip: string;
  readonly aliasIps: readonly string[];
  /** `86:00:00:...`, stable for the life of the attachment. */
  readonly macAddress: string;
}

export interface FirewallRule {
  readonly direction: "in" | "out";
  readonly protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  /** Source ranges of an `in` rule, destination ranges of an `out` rule. */
  readonly ranges: readonly string[];
  /** `80`, `80-90` or `any`; null for protocols without ports. */
  readonly port: string | null;
}

export interface ServerSpec {
  readonly id: number;
  /** Names the project of the token that created it; metadata is never shared between projects. */
  readonly projectId: number;
  readonly name: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  readonly location: string;
  readonly datacenter: string;
  readonly networkZone: string;
  /** Name of the base image (`debian-13`) or `snapshot-<id>`. */
  readonly image: string;
  /** Public keys in authorized_keys form that cloud-init installs for root. */
  readonly sshKeys: readonly string[];
  /** Hash for /etc/shadow (`$6$...`) of root's password; absent when the machine is entered by key only. */
  readonly rootPasswordHash?: string;
  /** As given to the API; empty when none. */
  readonly userData: string;
  /** `96:00:00:...` of the public interface. */
  readonly macAddress: string;
  /** Public addresses; null when the server has none. IPv6 is the network: `2001:db8:1::/64`. */
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly attachments: readonly Attachment[];
  /** Union of the rules of all firewalls that are applied; null when none is (everything is open). */
  readonly firewall: readonly FirewallRule[] | null;
  readonly volumeIds: readonly number[];
  /** Power state that the API wants. */
  readonly power: "on" | "off";
  /** Set when the next boot starts the rescue system instead of the server's own. */
  readonly rescue?: RescueSpec;
}

/** Who may log in as root to the rescue system. */
export interface RescueSpec {
  readonly sshKeys: readonly string[];
  /** Hash for /etc/shadow. */
  readonly rootPasswordHash: string;
}

export interface NetworkSpec {
  readonly id: number;
  readonly name: string;
  readonly ipRange: string;
  readonly gateway: string;
  /** Ranges of the subnets. */
  readonly subnets: readonly string[];
  /** API routes: destination range to the private address of a server. */
  readonly routes: readonly { readonly destination: string; readonly gateway: string }[];
}

/** Where a floating IP is routed; `serverId` null when it is not assigned. */
export interface FloatingAddress {
  readonly id: number;
  /** `203.0.113.10/32` or an IPv6 /64. */
  readonly cidr: string;
  readonly serverId: number | null;
}

export interface VolumeSpec {
  readonly id: number;
  readonly sizeGb: number;
  readonly format: "ext4" | "xfs" | null;
  readonly serverId: number | null;
}

/** A record as its zone holds it: name below the zone or `@`, TTL in seconds, data as the client wrote it. */
export interface RecordSpec {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly value: string;
}

/** A name server that a secondary zone is transferred from. */
export interface TransferSource {
  readonly address: string;
  readonly port: number;
  /** TSIG key in base64; null when transfers are not signed. */
  readonly key: {
    readonly algorithm: "hmac-md5" | "hmac-sha1" | "hmac-sha256";
    readonly secret: string;
  } | null;
}

/** A DNS zone: with its records, or with where to get them. */
export interface ZoneSpec {
  readonly id: number;
  readonly name: string;
  readonly contents:
    | { readonly mode: "primary"; readonly records: readonly RecordSpec[] }
    | { readonly mode: "secondary"; readonly sources: readonly TransferSource[] };
}

/** What the name servers found out of a secondary zone. */
export interface ZoneTransfer {
  readonly answered: boolean;
  /** Resource records in the zone; 0 while it was not transferred. */
  readonly recordCount: number;
}

/** A certificate with its chain, and its key. */
export interface IssuedCertificate {
  /** PEM, the certificate itself first. */
  readonly certificate: string;
  readonly privateKey: string;
}

export interface LoadBalancerSpec {
  readonly id: number;
  /** Null while the public interface is disabled. IPv6 is the network: `2001:db8:1::/64`. */
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly attachments: readonly { readonly networkId: number; readonly ip: string }[];
  readonly algorithm: "round_robin" | "least_connections";
  /** Simultaneous connections of its type. */
  readonly maxConnections: number;
  readonly services: readonly LoadBalancerService[];
  /** Those that the services name. */
  readonly certificates: readonly (IssuedCertificate & { readonly id: number })[];
  /** Each address once. */
  readonly targets: readonly string[];
}

export type Health = "healthy" | "unhealthy" | "unknown";

/** Sums since the load balancer began, and how many connections are open now. */
export interface TrafficSample {
  /** Unix time in seconds. */
  readonly at: number;
  readonly openConnections: number;
  readonly connections: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Everything that must exist on the host, derived from the store in one transaction. */
export interface World {
  readonly servers: readonly ServerSpec[];
  readonly networks: readonly NetworkSpec[];
  readonly floatingAddresses: readonly FloatingAddress[];
  readonly volumes: readonly VolumeSpec[];
  readonly storageBoxes: readonly StorageBoxSpec[];
  readonly zones: readonly ZoneSpec[];
  /** Reverse names that were set, by address; other IPv4 addresses have Hetzner's default name. */
  readonly pointers: Readonly<Record<string, string>>;
  readonly loadBalancers: readonly LoadBalancerSpec[];
}

export const emptyWorld: World = {
  servers: [],
  networks: [],
  floatingAddresses: [],
  volumes: [],
  storageBoxes: [],
  zones: [],
  pointers: {},
  loadBalancers: [],
};

/**
 * The machine room. Every method is idempotent and can be repeated after a crash at any line; a rejected
 * promise carries a message for the action's `error.message`.
 */
export interface Host extends StorageBoxHost {
  /**
   * Namespaces, links, addresses, routes, floating-IP routes, firewalls, metadata, load balancers: as in
   * `world`. Calls coalesce. A load balancer that cannot follow stops nothing else: see `requireLoadBalancer`.
   */
  reconcileNetwork(world: World): Promise<void>;
  /** Zones and reverse names as in `world`; resolves when the name servers answer them. Calls coalesce. */
  reconcileNames(world: World): Promise<void>;
  /** Root file system from the image, ready to boot. Keeps an existing one. */
  createServer(server: ServerSpec): Promise<void>;
  /** Throws the root away and makes it anew from `server.image`. */
  rebuildServer(server: ServerSpec): Promise<void>;
  /**
   * Boots; resolves when the init of the machine runs (sshd may not be up yet: HC-W1). With `server.rescue` the
   * machine runs a fresh rescue system until it ends or reboots.
   */
  start(server: ServerSpec): Promise<void>;
  /** Power cut: SIGKILL of everything in the machine. */
  powerOff(serverId: number): Promise<void>;
  /** Asks the init to power off and returns at once; the guest may ignore it. */
  requestShutdown(serverId: number): Promise<void>;
  /** Asks the init to reboot and returns at once. */
  requestReboot(serverId: number): Promise<void>;
  /** Sets root's password in the running guest; fails when the machine does not run. */
  setRootPassword(serverId: number, hash: string): Promise<void>;
  /** Ends the machine and removes its root. */
  removeServer(serverId: number): Promise<void>;
  createVolume(volume: VolumeSpec): Promise<void>;
  resizeVolume(volume: VolumeSpec): Promise<void>;
  removeVolume(volumeId: number): Promise<void>;
  /** Makes `/dev/disk/by-id/scsi-0HC_Volume_<id>` appear in the guest, running or not. */
  attachVolume(volume: VolumeSpec, server: ServerSpec, automount: boolean): Promise<void>;
  detachVolume(volume: VolumeSpec): Promise<void>;
  /** Copy of the root file system under `snapshot-<imageId>`; answers its size in bytes. */
  createSnapshot(imageId: number, server: ServerSpec): Promise<number>;
  removeSnapshot(imageId: number): Promise<void>;
  /** Rejects, with the reason, while the load balancer does not serve what the last reconciled world says. */
  requireLoadBalancer(loadBalancerId: number): Promise<void>;
  /** What the proxy last found out about a target; `unknown` before its first check. */
  targetHealth(loadBalancerId: number, listenPort: number, address: string): Health;
  /** Measured traffic, oldest first, of the last 30 days at most. */
  traffic(loadBalancerId: number): readonly TrafficSample[];
  /** Key and certificate for these names, signed by the cloud's own authority. */
  issueCertificate(domainNames: readonly string[]): Promise<IssuedCertificate>;
  /** Ids of the machines whose init runs now. */
  running(): Promise<ReadonlySet<number>>;
  /** What a server used of processor, disk and network since this Unix time in seconds, oldest first. */
  usage(serverId: number, since: number): Promise<readonly Point[]>;
  /** Called when a machine ends without having been told to by this interface. */
  onExit(listener: (serverId: number, reason: "poweroff" | "reboot" | "killed") => void): void;
  /** Called when it is known how the transfer of a secondary zone went, and when that changes. */
  onZoneTransfer(listener: (zoneId: number, transfer: ZoneTransfer) => void): void;
  /** Removes every machine, namespace, mount, process and address of this cloud. */
  removeEverything(): Promise<void>;
}
