// Load balancers and certificates.
import type { DnsPtr, Owned } from "./common";

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
