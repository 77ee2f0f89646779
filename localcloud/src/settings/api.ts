// What a local cloud can be told about how it behaves. Everything has a value that suits a developer's machine.
import { canonicalAddress } from "../addresses/ip";

/** Enough for the largest spread group, so that by default no group runs out of hosts (HC-PG1). */
export const defaultHostsPerLocation = 10;

export interface TokenSetting {
  /** 64 characters, as the provider demands. */
  readonly token: string;
  /** Name of the project; made when it is new. */
  readonly project: string;
  /** @default "read-write" */
  readonly access?: "read" | "read-write";
}

export interface RequestLog {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  /** 0 when a fault left the request without an answer. */
  readonly status: number;
  readonly ms: number;
  /** Project of the token; null when the request carried no valid one. */
  readonly project: string | null;
  /** User-Agent header. */
  readonly client: string | null;
  /** Id of the fault that the request met. */
  readonly fault?: number;
}

export interface AddressRanges {
  /** @default "198.51.100.0/24" */
  readonly publicIpv4: string;
  /** Each server or primary IPv6 takes a /64 of it. @default "2001:db8:1::/48" */
  readonly publicIpv6: string;
  /** @default "203.0.113.0/24" */
  readonly floatingIpv4: string;
  /** Each floating IPv6 takes a /64 of it. @default "2001:db8:2::/48" */
  readonly floatingIpv6: string;
  /** Addresses of the ranges that are never given out. @default [] */
  readonly reserved: readonly string[];
}

export interface ApiSettings {
  readonly tokens: readonly TokenSetting[];
  /**
   * Least duration of actions as a factor of Hetzner's: 0 ends an action with its host work ("instant"), 1 takes
   * as long as Hetzner is estimated to take.
   *
   * @default 0
   */
  readonly timeScale?: number;
  /** Requests per hour and project; one comes back each 3600 / this seconds. @default 3600 */
  readonly requestsPerHour?: number;
  readonly ranges?: Partial<AddressRanges>;
  /** Names of the images that the machine room can boot. @default ["debian-13"] */
  readonly bootableImages?: readonly string[];
  /**
   * Architecture of the machines, which is the host's.
   *
   * @default "x86"
   */
  readonly architecture?: "x86" | "arm";
  /** Server types that answer 412 `resource_unavailable`: `cx23`, or `cx23@fsn1` in one location. @default [] */
  readonly soldOut?: readonly string[];
  /** Physical hosts of each location, as labels: a spread group has no two members on one (HC-PG3). @default 10 */
  readonly hostsPerLocation?: number;
  /** Servers and primary IPs show `datacenter`, as before 2026-07-01 (HC-S22). @default true */
  readonly datacenterFields?: boolean;
  /** `/datacenters` answers; false gives 410 as after 2026-10-01 (HC-S22). @default true */
  readonly datacenterEndpoint?: boolean;
  /** A free primary IP says `unassigned`, as since 2026-08-01 (HC-P6). @default false */
  readonly assigneeTypeUnassigned?: boolean;
  /**
   * Load balancers take primary IPs, and their deletion answers an action, as since 2026-10-05; else 204 as before.
   * @default true
   */
  readonly loadBalancerPrimaryIps?: boolean;
  /** Assigning a floating IP that another server has answers `floating_ip_assigned` (HC-V2). @default false */
  readonly strictFloatingIpAssignment?: boolean;
  /** What time it is, for what happens at a time of day: snapshot plans, backups, the end of a rescue system. @default - the machine's clock */
  readonly clock?: () => Date;
  /**
   * Addresses that load balancers accept as IP targets. At Hetzner these are dedicated servers of the project's
   * owner, which the Cloud API does not know.
   *
   * @default []
   */
  readonly dedicatedServerIps?: readonly string[];
  /** One call for each request that was answered. */
  readonly onRequest?: (line: RequestLog) => void;
  /** Failures that belong to no request. */
  readonly onProblem?: (problem: string) => void;
}

/** Time scales by name, for settings files and command lines. */
export const timeScales = { instant: 0, hetzner: 1 } as const;

export type Settings = Required<Omit<ApiSettings, "ranges">> & { readonly ranges: AddressRanges };

export function withDefaults(settings: ApiSettings): Settings {
  for (const { token, project } of settings.tokens) {
    if (token.length !== 64) {
      throw new Error(`the token of project ${project} has ${token.length} characters: give it 64`);
    }
  }
  return {
    timeScale: timeScales.instant,
    requestsPerHour: 3600,
    bootableImages: ["debian-13"],
    architecture: "x86",
    soldOut: [],
    hostsPerLocation: defaultHostsPerLocation,
    datacenterFields: true,
    datacenterEndpoint: true,
    assigneeTypeUnassigned: false,
    loadBalancerPrimaryIps: true,
    strictFloatingIpAssignment: false,
    clock: () => new Date(),
    onRequest: () => undefined,
    onProblem: () => undefined,
    ...settings,
    dedicatedServerIps: (settings.dedicatedServerIps ?? []).map((ip) => canonicalAddress(ip) ?? ip),
    ranges: {
      publicIpv4: "198.51.100.0/24",
      publicIpv6: "2001:db8:1::/48",
      floatingIpv4: "203.0.113.0/24",
      floatingIpv6: "2001:db8:2::/48",
      reserved: [],
      ...settings.ranges,
    },
  };
}
