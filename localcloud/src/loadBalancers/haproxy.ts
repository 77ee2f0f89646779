// Pure: a load balancer as HAProxy's configuration. The tests let the real `haproxy -c` judge it.
import { createHash } from "node:crypto";
import type { LoadBalancerSpec } from "../host/contract";
import type { HealthCheck, LoadBalancerService } from "../state/rows";
import { redirectPort } from "./ports";

/** Where the proxy's files are. */
export interface ProxyPaths {
  readonly socket: string;
  readonly serverState: string;
  /** List of the certificates of the service on this port. */
  certificateList(listenPort: number): string;
}

export interface ProxyOptions {
  readonly paths: ProxyPaths;
  /** Whether the host's kernel speaks IPv6. */
  readonly ipv6: boolean;
}

/** Idle time in seconds of TCP services, for which the API has no setting: the default of those that have. */
const tcpIdle = 50;
/** Longest wait in seconds for a target to take a connection. */
const connectSeconds = 5;

/** Name of a service's section, as statistics show it. */
export const sectionOf = (listenPort: number) => `service_${listenPort}`;

export function haproxyConfig(spec: LoadBalancerSpec, options: ProxyOptions): string {
  const sections = spec.services.flatMap((service) => [
    serviceSection(spec, service, options),
    ...(service.http?.redirectHttp ? [redirectSection(service, options)] : []),
  ]);
  return `${[globalSection(spec, options), defaults, ...sections].join("\n\n")}\n`;
}

/**
 * Text as one word of the configuration. HAProxy knows `\\xHH` for any byte, so that nothing that a client sent
 * can end the word, the line or the section.
 */
export function word(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_./:=,-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

function globalSection({ maxConnections }: LoadBalancerSpec, { paths }: ProxyOptions): string {
  return lines("global", [
    `maxconn ${maxConnections}`,
    // A container may not raise its limit of open files; the proxy then takes fewer connections, and runs.
    "no strict-limits",
    "nbthread 1",
    "user haproxy",
    "group haproxy",
    "ssl-default-bind-options ssl-min-ver TLSv1.2",
    // First checks at once, and not spread over an interval.
    "max-spread-checks 100",
    `stats socket ${word(paths.socket)} mode 600 level admin expose-fd listeners`,
    `server-state-file ${word(paths.serverState)}`,
  ]);
}

const defaults = lines("defaults", ["load-server-state-from-file global", "option redispatch", "retries 3"]);

function serviceSection(spec: LoadBalancerSpec, service: LoadBalancerService, options: ProxyOptions): string {
  const { listenPort, healthCheck } = service;
  const certificates = service.http?.certificates ?? [];
  const terminates = service.protocol === "https" && certificates.length > 0;
  const list = word(options.paths.certificateList(listenPort));
  const tls = terminates ? ` ssl crt-list ${list} alpn h2,http/1.1` : "";
  const speaksHttp = service.protocol === "http" || terminates;
  const idle = service.http?.timeoutIdle ?? tcpIdle;
  return lines(`listen ${sectionOf(listenPort)}`, [
    ...binds(listenPort, options).map((bind) => `${bind}${tls}`),
    `mode ${speaksHttp ? "http" : "tcp"}`,
    `balance ${spec.algorithm === "round_robin" ? "roundrobin" : "leastconn"}`,
    `timeout client ${idle}s`,
    `timeout server ${idle}s`,
    `timeout connect ${Math.min(connectSeconds, healthCheck.timeout)}s`,
    `timeout check ${healthCheck.timeout}s`,
    ...(speaksHttp ? forwarding(terminates ? "https" : "http", listenPort) : []),
    ...(speaksHttp ? sticky(service) : []),
    ...check(healthCheck),
    ...spec.targets.map((address) => server(address, service, speaksHttp)),
  ]);
}

/** The namespace has no addresses but those of the load balancer. */
const binds = (port: number, { ipv6 }: ProxyOptions) => [
  `bind :${port}`,
  ...(ipv6 ? [`bind :::${port} v6only`] : []),
];

function forwarding(scheme: "http" | "https", port: number): string[] {
  return [
    // A visitor's connection ends with an answer, never between two.
    "option idle-close-on-response",
    "option forwardfor",
    `http-request set-header X-Forwarded-Proto ${scheme}`,
    `http-request set-header X-Forwarded-Port ${port}`,
  ];
}

function sticky({ http }: LoadBalancerService): string[] {
  if (!http?.stickySessions) return [];
  const { cookieName, cookieLifetime } = http;
  const lifetime = `maxlife ${cookieLifetime}s attr Max-Age=${cookieLifetime}`;
  return [`cookie ${word(cookieName)} insert indirect nocache ${lifetime}`];
}

function check({ protocol, http }: HealthCheck): string[] {
  if (protocol === "tcp" || http === null) return [];
  const { domain, path, response, statusCodes } = http;
  const host = domain ? ` ver HTTP/1.1 hdr Host ${word(domain)}` : " ver HTTP/1.0";
  return [
    "option httpchk",
    `http-check send meth GET uri ${word(path)}${host}`,
    `http-check expect rstatus ${word(statusPattern(statusCodes))}`,
    ...(response === "" ? [] : [`http-check expect string ${word(response)}`]),
  ];
}

/** `2??` and `3*` as a regular expression. */
export function statusPattern(codes: readonly string[]): string {
  const patterns = codes.map((code) => code.replaceAll("?", ".").replaceAll("*", ".*"));
  return `^(${patterns.join("|")})$`;
}

function server(address: string, service: LoadBalancerService, speaksHttp: boolean): string {
  const { destinationPort, proxyProtocol, healthCheck, http } = service;
  const { port, interval, retries } = healthCheck;
  const target = address.includes(":") ? `[${address}]:${destinationPort}` : `${address}:${destinationPort}`;
  const tls = healthCheck.http?.tls ? ["check-ssl", "verify none"] : [];
  const name =
    healthCheck.http?.tls && healthCheck.http.domain ? [`check-sni ${word(healthCheck.http.domain)}`] : [];
  return [
    `server ${address} ${target}`,
    `check port ${port} inter ${interval}s rise ${retries} fall ${retries}`,
    ...tls,
    ...name,
    ...(proxyProtocol ? ["send-proxy"] : []),
    // A check of another port is not of the protocol that the service speaks.
    ...(proxyProtocol && port === destinationPort ? ["check-send-proxy"] : []),
    ...(speaksHttp && http?.stickySessions ? [`cookie ${cookieOf(address)}`] : []),
  ].join(" ");
}

/** Says which target it is without saying its address. */
const cookieOf = (address: string) => createHash("sha256").update(address).digest("hex").slice(0, 16);

function redirectSection({ listenPort }: LoadBalancerService, options: ProxyOptions): string {
  const host = "%[req.hdr(host),regsub(:[0-9]+$,)]";
  const target =
    listenPort === 443 ? "scheme https" : `location https://${host}:${listenPort}%[capture.req.uri]`;
  return lines(`frontend redirect_${listenPort}`, [
    ...binds(redirectPort, options),
    "mode http",
    `timeout client ${tcpIdle}s`,
    `http-request redirect ${target} code 301`,
  ]);
}

function lines(head: string, body: readonly string[]): string {
  return [head, ...body.map((line) => `  ${line}`)].join("\n");
}
