import * as pulumi from "@pulumi/pulumi";
import {
  eachPlain,
  gotInstead,
  type InputProblem,
  plainProblem,
  secretProblem,
} from "../../machine/inputErrors";
import { type MachinesArgs, machinesProblems } from "../../machine/machinesArgs";
import { type AccessLog, accessLogAllowed, isAccessLog } from "../../settings/accessLog";
import { isHostName } from "../../settings/hostNames";
import { isNetworkCidr } from "../../settings/ranges";
import { isTimeout, timeoutAllowed } from "../../setup/waits";
import { type Acme, acmeProblems, isApiToken } from "./acmeInputs";
import { broughtProblems } from "./addressInputs";
import { backendProblems } from "./backendProblems";
import { EdgeBalance, mostRetries } from "./balanceSettings";
import {
  defaultClientHeader,
  defaultSecretHeader,
  headerAllowed,
  isCdn,
  isOriginSecret,
  rangesAllowed,
  secretAllowed,
} from "./cdnSettings";
import type { Backend as KnownBackend } from "./edge";
import { areLimits, limitsAllowed } from "./limitSettings";
import { type BalancerArgs, balancerProblems } from "./managedInputs";
import { EdgeEngine, EdgeMode, OtherHosts } from "./settings";

export interface LoadBalancerPairArgs extends MachinesArgs, BalancerArgs {
  /** Private addresses of the two machines, which nothing else has: `["10.0.1.11", "10.0.1.12"]`. */
  readonly addresses: string[];
  /** Name that visitors use: `www.example.com`. Backends are asked for their health with it. */
  readonly domain: pulumi.Input<string>;
  /** Names besides the domain that the backends answer to. @default - none */
  readonly otherDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /** Names whose visitors are sent to the domain, and which the certificate speaks for too. @default - none */
  readonly aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * What visitors of any other name or of an address get.
   * @default - "refuse" with a certificate or `acme`, "serve" without: then the address is what visitors have
   */
  readonly otherHosts?: OtherHosts;
  /** What is logged of requests. @default - all of them */
  readonly accessLog?: AccessLog;
  /** What one client may ask for. @default - room for an office behind one address */
  readonly limits?: Limits;
  /** What stands in front of the pair; nobody else is answered then. @default - visitors come by themselves */
  readonly cdn?: Cdn;
  /** What the CDN shows with each request. Secret. @default - its networks are enough */
  readonly originSecret?: pulumi.Input<string>;
  /** Which backend gets the next request. @default "roundRobin" */
  readonly balance?: EdgeBalance;
  /** How often a GET, HEAD or OPTIONS without an answer is repeated on another backend: 0 to 3. @default 1 */
  readonly retries?: number;
  /** Seconds that an answer may take to begin, then it is 504; and between two pieces of it: 1 to 3600. @default 30 */
  readonly timeoutSeconds?: number;
  /** Visitors go to the backend where they were before, by a cookie, while it serves; HAProxy alone. @default false */
  readonly sticky?: boolean;
  /** The proxy. @default "haproxy" */
  readonly engine?: EdgeEngine;
  /** Who serves while both are well; "activeActive" costs a second floating IPv4, "managed" a load balancer. @default "activePassive" */
  readonly mode?: EdgeMode;
  /**
   * Visitors come over IPv6 too: a floating network of IPv6 beside each floating IP, which costs something of its own.
   * @default false
   */
  readonly ipv6?: boolean;
  /**
   * Names or numbers of floating IPs that are there already, as many as the mode has, with `ipv6` followed by as many
   * networks or none: they are looked up, and stay when the pair goes. @default - new ones
   */
  readonly floatingIps?: string[];
  /** Machines that requests are sent to. */
  readonly backends: pulumi.Input<pulumi.Input<Backend>[]>;
  /** Ranges that may reach SSH, in CIDR form: the address that Pulumi runs from is among them. */
  readonly adminRanges: pulumi.Input<pulumi.Input<string>[]>;
  /** Token with which the pair moves its floating IP: read and write. Secret. */
  readonly apiToken: pulumi.Input<string>;
  /** Base of the Hetzner Cloud API. @default "https://api.hetzner.cloud/v1" */
  readonly apiEndpoint?: pulumi.Input<string>;
  /** Certificate chain and key in one PEM text. Secret. @default - see `acme` */
  readonly certificate?: pulumi.Input<string>;
  /**
   * Where the pair asks for its certificate itself, for the domain and the other ones; says nothing beside
   * `certificate`. An empty object is Let's Encrypt, whose terms count as accepted.
   * @default - HTTP only, nothing listens on port 443
   */
  readonly acme?: Acme;
  /** Token that may change the zones of the names, for `acme.challenge: "dns"`. Secret. @default - none */
  readonly dnsToken?: pulumi.Input<string>;
  /**
   * Visitors of HTTP are sent to HTTPS, by ACME from the first certificate on; without a certificate it says
   * nothing. @default true
   */
  readonly redirectToHttps?: boolean;
  /**
   * The pair's network routes 0.0.0.0/0 to the machine that has the address, and **no other gateway**: false for a
   * network with a NAT or VPN gateway of its own. @default true
   */
  readonly manageDefaultRoute?: boolean;
}

/**
 * What one client may ask for: an IPv4 address, or an IPv6 network of 64 bits. HAProxy counts for the pair; nginx, on
 * each machine, counts requests alone.
 */
export interface Limits {
  /** @default true */
  readonly enabled?: boolean;
  /** Requests in a second over a longer time; more get 429. @default 200 */
  readonly requestsPerSecond?: number;
  /** Requests at once, after a pause. @default 2000 */
  readonly burst?: number;
  /** Open connections, and requests that are being answered. @default 1000 */
  readonly connections?: number;
  /** Prefixes of paths whose requests are not counted. @default ["/health", "/assets", "/static"] */
  readonly unlimitedPaths?: string[];
}

/** A CDN in front of the pair. */
export interface Cdn {
  /** Networks that it asks from, in CIDR form, IPv4 and IPv6: `173.245.48.0/20`. */
  readonly ranges: string[];
  /** Header in which it says who asks; of several addresses the last. @default "X-Forwarded-For" */
  readonly clientHeader?: string;
  /** Header with which it shows `originSecret`. @default "X-Origin-Secret" */
  readonly secretHeader?: string;
}

/** The CDN with nothing left open. */
export function completeCdn({ cdn, originSecret }: LoadBalancerPairArgs) {
  if (cdn === undefined) return undefined;
  const secret = originSecret === undefined ? undefined : pulumi.secret(originSecret);
  return { clientHeader: defaultClientHeader, secretHeader: defaultSecretHeader, ...cdn, secret };
}

/** A machine that requests are sent to. */
export interface Backend {
  /** Letters, digits and hyphens: `web1`. */
  readonly name: pulumi.Input<string>;
  /** Private address: `10.0.2.11`. */
  readonly address: pulumi.Input<string>;
  /** Port that it listens on. @default 80 */
  readonly port?: pulumi.Input<number>;
  /**
   * Path that answers 2xx while the machine can serve; the same for all backends.
   * @default - the two paths of an app node: its Traefik takes requests, and it has a replica to ask
   */
  readonly healthPath?: pulumi.Input<string>;
  /** Requests that it works on at the same time; more wait in HAProxy, and nginx refuses them. @default 1000 */
  readonly maxRequests?: pulumi.Input<number>;
}

/** Everything that is wrong and can be known before any resource is made; empty: nothing. Secrets are not shown. */
export function pairProblems(args: LoadBalancerPairArgs): InputProblem[] {
  const { addresses, apiToken, apiEndpoint, domain, adminRanges, engine, mode, otherHosts } = args;
  const hostName = "a lower-case host name with a dot: www.example.com";
  const engines: readonly unknown[] = Object.values(EdgeEngine);
  const modes: readonly unknown[] = Object.values(EdgeMode);
  const answers: readonly unknown[] = Object.values(OtherHosts);
  return [
    ...machinesProblems(args, addresses),
    ...(addresses.length === 2
      ? []
      : [{ propertyPath: "addresses", reason: gotInstead(addresses, "two addresses") }]),
    ...plainProblem("domain", domain, isHostName, hostName),
    ...eachPlain("otherDomains", args.otherDomains, isHostName, hostName),
    ...eachPlain("aliases", args.aliases, isHostName, hostName),
    ...eachPlain("adminRanges", adminRanges, isNetworkCidr, "a network in CIDR form: 203.0.113.7/32"),
    ...plainProblem("engine", engine, (value) => engines.includes(value), engines.join(" or ")),
    ...plainProblem("mode", mode, (value) => modes.includes(value), modes.join(" or ")),
    ...plainProblem("otherHosts", otherHosts, (value) => answers.includes(value), answers.join(", ")),
    ...plainProblem("accessLog", args.accessLog, isAccessLog, accessLogAllowed),
    ...balanceProblems(args),
    ...balancerProblems(args),
    ...cdnProblems(args),
    ...plainProblem("limits", args.limits, areLimits, limitsAllowed),
    ...acmeProblems(args),
    ...broughtProblems(args),
    ...tokenProblem(apiToken),
    ...plainProblem("apiEndpoint", apiEndpoint, isUrl, "https://api.hetzner.cloud/v1 or the like"),
    ...plainBackendProblems(args.backends),
  ];
}

function balanceProblems({
  balance,
  retries,
  timeoutSeconds,
  sticky,
  engine,
}: LoadBalancerPairArgs): InputProblem[] {
  const balances: readonly unknown[] = Object.values(EdgeBalance);
  const isPossible = (value: boolean) => !value || engine !== EdgeEngine.Nginx;
  return [
    ...plainProblem("balance", balance, (value) => balances.includes(value), balances.join(" or ")),
    ...plainProblem("retries", retries, isRetries, `a whole number from 0 to ${mostRetries}`),
    ...plainProblem("timeoutSeconds", timeoutSeconds, isTimeout, timeoutAllowed),
    ...plainProblem("sticky", sticky, isPossible, "false with nginx"),
  ];
}

function cdnProblems({ cdn, originSecret }: LoadBalancerPairArgs): InputProblem[] {
  return [
    ...plainProblem("cdn", cdn, isCdn, `{ ranges: ${rangesAllowed}, headers: ${headerAllowed} }`),
    ...secretProblem("originSecret", originSecret, isOriginSecret, secretAllowed),
  ];
}

function isRetries(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= mostRetries;
}

/** Of a secret nothing is shown. */
function tokenProblem(token: pulumi.Input<string>): InputProblem[] {
  const allowed = "a token of the Hetzner Cloud API";
  return plainProblem("apiToken", token, isApiToken, allowed).map((problem) => ({
    ...problem,
    reason: `got nothing or text with spaces, allowed ${allowed}`,
  }));
}

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/\S+$/.test(text);
}

/** When all of all backends is known. */
function plainBackendProblems(backends: LoadBalancerPairArgs["backends"]): InputProblem[] {
  const isPlain = (value: unknown) => !pulumi.Output.isInstance(value) && !(value instanceof Promise);
  if (!Array.isArray(backends)) return [];
  if (!backends.every((one) => isPlain(one) && Object.values(one).every(isPlain))) return [];
  return backendProblems(backends as unknown as readonly KnownBackend[]);
}
