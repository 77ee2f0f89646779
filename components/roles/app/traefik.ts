import { type AccessLog, defaultSlowerThanMs, LoggedRequests } from "../../settings/accessLog";
import {
  anyReplicaHeader,
  nodeHealthPath,
  noticedWithinSeconds,
  proxyHealthPath,
  siteEntrance,
} from "../../setup/site";
import { KeptConnections, readsRule, type Transport, transportName, transports } from "./keptConnections";
import type { Replica } from "./replicas";
import { routingRule } from "./routingRule";
import type { ServiceSettings } from "./settings";
import { stickiness } from "./sticky";
import { tierTls } from "./tiers";

const graceSeconds = 10;

/** Time that Traefik needs at most to stop. */
export const traefikStopSeconds = noticedWithinSeconds + graceSeconds + 5;

/**
 * Traefik's static configuration. The entry point is the node's private address; forwarded headers count only
 * from the load balancers.
 *
 * @param log @default - failed requests and those of a second and more: the load balancers log every one
 * @param overTls with certificates on both sides
 */
export function traefikStatic(
  privateIp: string,
  loadBalancers: readonly string[],
  log?: AccessLog,
  overTls = false,
): string {
  return document({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "INFO", format: "json" },
    ...accessLog(log ?? { requests: LoggedRequests.Failed, slowerThanMs: defaultSlowerThanMs }),
    ping: { manualRouting: true, terminatingStatusCode: 503 },
    entryPoints: {
      web: {
        address: `${privateIp}:${siteEntrance(overTls).port}`,
        ...(overTls ? { http: { tls: {} } } : {}),
        forwardedHeaders: { trustedIPs: loadBalancers },
        transport: {
          lifeCycle: {
            requestAcceptGraceTimeout: `${noticedWithinSeconds}s`,
            graceTimeOut: `${graceSeconds}s`,
          },
          // The first is for a whole request with its body, and an upload may take hours: only load balancers get
          // here, and they watch over visitors. The last is longer than they keep an idle connection: they close
          // first, so no request is lost.
          respondingTimeouts: { readTimeout: "0s", writeTimeout: "0s", idleTimeout: "180s" },
        },
      },
    },
    providers: { file: { directory: "/etc/traefik/dynamic", watch: true } },
  });
}

/** A line costs more than all else that Traefik does for a request. Its filters add up: one that fits is enough. */
function accessLog({ requests, slowerThanMs }: AccessLog) {
  if (requests === LoggedRequests.Off) return {};
  const worthALine = { statusCodes: ["499", "500-599"], minDuration: `${slowerThanMs}ms` };
  return {
    accessLog: {
      format: "json",
      ...(requests === LoggedRequests.Failed ? { filters: worthALine } : {}),
      // Set by the load balancers: one id finds the request on all machines.
      fields: { headers: { names: { "X-Request-Id": "keep" } } },
    },
  };
}

/**
 * Routers and services: each service by host and path prefix, longest prefix first, its replicas by address.
 * Traefik reads it again whenever it changes, without a restart.
 *
 * Each service is there twice: its ready replicas, and for load balancers that know of no ready node any of them. Its
 * ready replicas are there twice when only reads may come by kept connections.
 *
 * @param domain what a service without a host of its own is called by health checks
 * @throws when no service takes requests
 */
export function traefikDynamic(
  services: Readonly<Record<string, ServiceSettings>>,
  replicas: readonly Replica[],
  domain: string,
  overTls = false,
): string {
  const routed = Object.entries(services)
    .filter(([, service]) => service.port !== undefined && service.pathPrefix !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const [frontName, front] = frontService(routed);
  const replicasOf = (name: string) => replicas.filter((replica) => replica.serviceName === name);
  return document({
    http: {
      routers: {
        ...ofAll(routed, "", router),
        ...ofAll(routed.filter(keepsForReads), readsPrefix, readsRouter),
        ...ofAll(routed, "platform-any-", anyRouter),
        "platform-ping": internalRouter(proxyHealthPath, "ping@internal", []),
        "platform-ready": internalRouter(nodeHealthPath, frontName, ["platform-ready", "platform-host"]),
      },
      middlewares: middlewares(front, domain),
      services: {
        ...ofAll(routed, "", (name, service) =>
          readyReplicas(anyReplicas(service, replicasOf(name), usualTransport(service)), service, domain),
        ),
        ...ofAll(routed.filter(keepsForReads), readsPrefix, (name, service) =>
          readyReplicas(anyReplicas(service, replicasOf(name), "kept"), service, domain),
        ),
        ...ofAll(routed, "platform-any-", (name, service) =>
          anyReplicas(service, replicasOf(name), usualTransport(service)),
        ),
      },
      serversTransports: transports(routed.flatMap(([, { timeoutSeconds = [] }]) => timeoutSeconds)),
    },
    ...(overTls ? { tls: tierTls } : {}),
  });
}

/** One entry for each service that takes requests. */
function ofAll(
  routed: readonly [string, ServiceSettings][],
  prefix: string,
  make: (name: string, service: ServiceSettings) => object,
): Readonly<Record<string, object>> {
  return Object.fromEntries(routed.map(([name, service]) => [`${prefix}${name}`, make(name, service)]));
}

function middlewares(front: ServiceSettings, domain: string) {
  return {
    // Only connections that never came about are tried again, at the next replica.
    retry: { retry: { attempts: 3, initialInterval: "50ms" } },
    "platform-ready": { replacePath: { path: front.healthPath } },
    "platform-host": { headers: { customRequestHeaders: { Host: healthHost(front, domain) } } },
    "platform-any": { headers: { customRequestHeaders: { [anyReplicaHeader]: "" } } },
  };
}

const readsPrefix = "platform-reads-";

function keepsForReads([, { keepConnections }]: [string, ServiceSettings]): boolean {
  return (keepConnections ?? KeptConnections.Reads) === KeptConnections.Reads;
}

/** Of all requests that no other router of the service takes. */
function usualTransport({ keepConnections }: ServiceSettings): Transport {
  return keepConnections === KeptConnections.All ? "kept" : "once";
}

/**
 * A node is ready while the service of the shortest prefix is: that is what most visitors ask for. One with a
 * host of its own serves only some of them.
 */
function frontService(routed: readonly [string, ServiceSettings][]): [string, ServiceSettings] {
  const rank = (service: ServiceSettings) =>
    (service.pathPrefix?.length ?? 0) + (service.host === undefined ? 0 : 10_000);
  const [front] = [...routed].sort(([, left], [, right]) => rank(left) - rank(right));
  if (front === undefined) {
    throw new Error("no service has a port and a path prefix: nothing could answer visitors");
  }
  return front;
}

function router(name: string, service: ServiceSettings) {
  const prefix = service.pathPrefix ?? "/";
  return {
    rule: routingRule(prefix, service.host),
    // A host is more special than any path. There is room for the same route with a condition more.
    priority: 2 * prefix.length + (service.host === undefined ? 0 : 10_000),
    entryPoints: ["web"],
    middlewares: ["retry"],
    service: name,
  };
}

function internalRouter(path: string, service: string, middlewares: readonly string[]) {
  return { rule: `Path(\`${path}\`)`, priority: 100_000, entryPoints: ["web"], middlewares, service };
}

/** Outranks the service's own route alone. */
function readsRouter(name: string, service: ServiceSettings) {
  const usual = router(name, service);
  return {
    ...usual,
    rule: `${readsRule} && (${usual.rule})`,
    priority: usual.priority + 1,
    service: `${readsPrefix}${name}`,
  };
}

/** Outranks every route of a service, and keeps their order. */
function anyRouter(name: string, service: ServiceSettings) {
  const usual = router(name, service);
  return {
    ...usual,
    rule: `Header(\`${anyReplicaHeader}\`, \`yes\`) && (${usual.rule})`,
    priority: 50_000 + usual.priority,
    middlewares: [...usual.middlewares, "platform-any"],
    service: `platform-any-${name}`,
  };
}

function anyReplicas(service: ServiceSettings, replicas: readonly Replica[], transport: Transport) {
  return {
    loadBalancer: {
      ...stickiness(service, replicas),
      servers: replicas.map(({ address }) => ({ url: `http://${address}:${service.port}` })),
      passHostHeader: true,
      serversTransport: transportName(transport, service.timeoutSeconds),
    },
  };
}

/** An application may answer to its own name alone, so health checks ask for it by that. */
export function healthHost(service: ServiceSettings, domain: string): string {
  return service.host ?? domain;
}

function readyReplicas(
  { loadBalancer }: ReturnType<typeof anyReplicas>,
  service: ServiceSettings,
  domain: string,
) {
  return {
    loadBalancer: {
      ...loadBalancer,
      // The interval is shorter than the time for which a replica that stops still serves. A slow answer is one:
      // a replica that is out makes the others slower. Redirects are not followed, so that no other machine decides.
      healthCheck: {
        path: service.healthPath,
        hostname: healthHost(service, domain),
        followRedirects: false,
        interval: "2s",
        unhealthyInterval: "1s",
        timeout: "4s",
      },
    },
  };
}

/** JSON is YAML, and quotes everything rightly. */
function document(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
