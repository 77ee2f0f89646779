import type { MachinePlan } from "../../plan/plan";
import { type AccessLog, defaultSlowerThanMs, LoggedRequests } from "../../settings/accessLog";
import { nodeHealthPath, proxyHealthPath } from "../../setup/site";
import type { SetupFile } from "../../setup/types";
import { defaultTimeoutSeconds } from "../../setup/waits";
import type { AcmeChallenge } from "./acmeSettings";
import type { EdgeBalance } from "./balanceSettings";
import type { CdnSettings } from "./cdnSettings";
import type { LimitSettings } from "./limitSettings";
import type { Balancer } from "./managed";
import type { EdgeMode, OtherHosts } from "./settings";

/** A machine that requests are sent to, as the load balancers see it. */
export interface Backend {
  /** Letters, digits and hyphens: `app1`. */
  readonly name: string;
  /** Private address: `10.0.2.11`. */
  readonly address: string;
  /** @default 80 */
  readonly port?: number;
  /**
   * Path that answers 2xx while the machine can serve; the same for all backends.
   * @default - the two paths of an app node: its Traefik takes requests, and it has a replica to ask
   */
  readonly healthPath?: string;
  /** Requests that it works on at the same time; more wait in HAProxy, and nginx refuses them. @default 1000 */
  readonly maxRequests?: number;
  /** It is asked over TLS with certificates on both sides, and this is its own for. @default - it is asked in plain text */
  readonly certified?: CertifiedNames;
}

/** Names in the certificate of a machine. */
export interface CertifiedNames {
  /** `prod-app1`. */
  readonly hostname: string;
  /** `app`: of all machines of its kind. */
  readonly role: string;
}

/** What one load balancer of a pair is rendered from. */
export interface EdgeOptions {
  readonly machine: MachinePlan;
  /** The other load balancer. */
  readonly peer: MachinePlan;
  /** Who serves while both are well. @default "activePassive" */
  readonly mode?: EdgeMode;
  /** Visitors come over IPv6 as well. @default false */
  readonly ipv6?: boolean;
  /** At least one. */
  readonly backends: readonly Backend[];
  /** Certificate chain and key in one PEM text; undefined: HTTPS is not offered. Secret. */
  readonly certificate: string | undefined;
  /** Where the pair asks for its certificate itself; never beside `certificate`. @default - nowhere */
  readonly acme?: AcmeOptions | undefined;
  /** Visitors of HTTP are sent to HTTPS; only with a certificate. */
  readonly redirectToHttps: boolean;
  /** Name that visitors use, sent as `Host` with every health check: `www.example.com`. */
  readonly domain: string;
  /** Names besides the domain that services answer to. @default - none */
  readonly otherDomains?: readonly string[];
  /** Names whose visitors are sent to the domain; the certificate speaks for them too. @default - none */
  readonly aliases?: readonly string[];
  /** What a visitor gets who asks for any other name or for an address. @default "serve" */
  readonly otherHosts?: OtherHosts;
  /** What is logged of requests. @default - all, and slow is what takes a second and more */
  readonly accessLog?: AccessLog;
  /** What one client may ask for. @default - what it likes */
  readonly limits?: LimitSettings;
  /** Whose turn it is. @default "roundRobin" */
  readonly balance?: EdgeBalance;
  /** How often a request is repeated on another machine. @default 1 */
  readonly retries?: number;
  /**
   * Seconds that an answer may take to begin, and that may lie between two pieces of it or of a request's body on its
   * way to a machine. @default 30
   */
  readonly timeoutSeconds?: number;
  /** Visitors go where they were before, while it serves; HAProxy alone. @default false */
  readonly sticky?: boolean;
  /** What stands in front of the pair; nobody else is answered. @default - visitors come by themselves */
  readonly cdn?: Cdn | undefined;
  /** Hetzner's load balancer, which is believed about who a visitor is. @default - there is none */
  readonly balancer?: Balancer | undefined;
}

/** A CDN, and what it shows to be known by. */
export interface Cdn extends CdnSettings {
  /** Secret. @default - its networks are enough */
  readonly secret: string | undefined;
}

/** Certificates that the pair asks an ACME server for. */
export interface AcmeOptions {
  /** URL of the server's directory. */
  readonly directory: string;
  /** Whom the authority may write to. */
  readonly email: string | undefined;
  /** PEM of the authority by which the server's own certificate is checked. @default - those of the system */
  readonly root: string | undefined;
  /** How the authority sees whose the names are. @default "http" */
  readonly challenge?: AcmeChallenge | undefined;
  /** Wildcards that the certificate speaks for too. @default - none */
  readonly wildcards?: readonly string[] | undefined;
  /** Who may change the zones of the names, for the challenge dns. @default - nobody */
  readonly dns?: ZoneAccess | undefined;
  /** 32 bytes in hexadecimal, with which the machines seal what they hand each other. Secret. */
  readonly key: string;
}

/** How the zones of names are changed. */
export interface ZoneAccess {
  readonly apiEndpoint: string;
  /** Secret. */
  readonly token: string;
}

/** Of whoever brings a certificate along. */
export const ownCertificatePath = "/etc/platform/secrets/site.pem";

/** Issued to the pair; until then a placeholder that the machine has signed itself. */
export const issuedCertificatePath = "/etc/platform/secrets/issued.pem";

export function certificateFile(options: EdgeOptions): SetupFile[] {
  if (options.certificate === undefined) return [];
  const content = options.certificate.endsWith("\n") ? options.certificate : `${options.certificate}\n`;
  return [{ path: ownCertificatePath, content, mode: "0600" }];
}

/** What is logged of requests, with nothing left open. */
export function accessLogOf({ accessLog }: EdgeOptions): AccessLog {
  return accessLog ?? { requests: LoggedRequests.All, slowerThanMs: defaultSlowerThanMs };
}

/**
 * Lines of a proxy's unit for systemd. journald lets a unit log 10,000 lines in half a minute, and a load balancer
 * answers more requests. What failed is logged as an error: those have a limit of their own.
 */
export const proxyLogLimit = ["LogRateLimitIntervalSec=10s", "LogRateLimitBurst=50000"];

/** Seconds for which a machine's answer is waited for. */
export function timeoutOf({ timeoutSeconds = defaultTimeoutSeconds }: EdgeOptions): number {
  return timeoutSeconds;
}

/** Names that are served. */
export function knownHosts({ domain, otherDomains = [] }: EdgeOptions): string[] {
  return [domain, ...otherDomains];
}

/** Names that the certificate speaks for. Authorities refuse a name beside a wildcard that is for it. */
export function certificateNames(options: EdgeOptions): string[] {
  const wildcards = options.acme?.wildcards ?? [];
  const names = [...knownHosts(options), ...(options.aliases ?? [])];
  const alone = names.filter((name) => !wildcards.includes(name.replace(/^[^.]+/, "*")));
  return [...new Set([...alone, ...wildcards])];
}

/** Path of the certificate, or undefined when there is none. */
export function certificatePathOf(options: EdgeOptions): string | undefined {
  if (options.certificate !== undefined) return ownCertificatePath;
  return options.acme === undefined ? undefined : issuedCertificatePath;
}

/**
 * Connections that the machine's memory carries: HAProxy's own guide says 8000 with TLS per GB, one GB stays
 * for the rest. Half a GB is the least that counts, so that the smallest machine still serves.
 *
 * Source: https://docs.haproxy.org/3.0/intro.html#3.3.6
 */
export function connectionLimit(memoryGb: number): number {
  return Math.min(mostConnections, Math.floor(8000 * Math.max(0.5, memoryGb - 1)));
}

/** Each takes two of the 1,048,576 files that the kernel lets one process open (fs.nr_open). */
const mostConnections = 500_000;

/** Connections beyond the visitors', for health, statistics and the peer: they are answered on a full machine. */
export const reservedConnections = 200;

const defaultBackendPort = 80;

const requestsPerReplica = 500;

/** For a machine of which nothing is known, and the least for one with few replicas. */
const fewestRequests = 1000;

/** What visitors may reach of a service. */
interface Reached {
  readonly replicas: number;
  /** Undefined for a worker, which nobody can reach. */
  readonly port?: number | undefined;
}

/**
 * Requests that an app node works on at the same time: 500 for each replica that visitors can reach, at least
 * 1000. More than any replica answers in time, and little enough that a slow application gets a queue of 10 s in
 * front of it instead of everything that the load balancer can hold. WebSockets and event streams do not count.
 */
export function requestLimit(services: Readonly<Record<string, Reached>>): number {
  const reachable = Object.values(services).filter((service) => service.port !== undefined);
  const replicas = reachable.reduce((sum, service) => sum + service.replicas, 0);
  return Math.max(fewestRequests, replicas * requestsPerReplica);
}

/** A backend with nothing left open. */
export interface CompleteBackend {
  readonly name: string;
  readonly endpoint: string;
  readonly maxRequests: number;
  readonly certified: CertifiedNames | undefined;
}

/** Never more for one machine than the load balancer takes from all visitors. */
export function completeBackends(options: EdgeOptions): CompleteBackend[] {
  const most = connectionLimit(options.machine.size.memoryGb);
  return options.backends.map(
    ({ name, address, port = defaultBackendPort, maxRequests = fewestRequests, certified }) => ({
      name,
      certified,
      endpoint: `${address}:${port}`,
      maxRequests: Math.min(most, maxRequests),
    }),
  );
}

/** How machines are asked by nginx, without a path. @param group name of machines in the configuration */
export function nodesAt(options: EdgeOptions, group: string): string {
  return `${certifiedRole(options) === undefined ? "http" : "https"}://${group}`;
}

/** The role in the certificates of the backends; undefined: they are asked in plain text. All of them are of one. */
export function certifiedRole({ backends }: EdgeOptions): string | undefined {
  return backends[0]?.certified?.role;
}

/** Paths that a check asks one after the other; all must answer 2xx. */
export function healthPaths(options: EdgeOptions): readonly string[] {
  const own = options.backends[0]?.healthPath;
  // First "does the node's proxy take requests", which it denies before it stops, then "has it anybody to ask".
  return own === undefined ? [proxyHealthPath, nodeHealthPath] : [own];
}
