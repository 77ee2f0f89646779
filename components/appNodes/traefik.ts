import { ports } from "../flows";
import { nodeHealthPath, proxyHealthPath } from "../loadBalancerPair/edge";
import type { ServiceSettings } from "../settings";
import type { Replica } from "./replicas";

/** Seconds that Traefik keeps taking requests after it was told to stop, for the load balancers to notice. */
const drainSeconds = 3;
const graceSeconds = 10;

/** Time that Traefik needs at most to stop. */
export const traefikStopSeconds = drainSeconds + graceSeconds + 5;

/**
 * Traefik's static configuration. The entry point is the node's private address; forwarded headers count only
 * from the load balancers.
 */
export function traefikStatic(privateIp: string, loadBalancers: readonly string[]): string {
  return document({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "INFO", format: "json" },
    accessLog: { format: "json", fields: { headers: { names: { "X-Request-Id": "keep" } } } },
    ping: { manualRouting: true, terminatingStatusCode: 503 },
    entryPoints: {
      web: {
        address: `${privateIp}:${ports.traefik}`,
        forwardedHeaders: { trustedIPs: loadBalancers },
        transport: {
          lifeCycle: {
            requestAcceptGraceTimeout: `${drainSeconds}s`,
            graceTimeOut: `${graceSeconds}s`,
          },
          // Longer than the load balancers keep an idle connection: they close first, so no request is lost.
          respondingTimeouts: { readTimeout: "60s", writeTimeout: "0s", idleTimeout: "180s" },
        },
      },
    },
    providers: { file: { directory: "/etc/traefik/dynamic", watch: true } },
  });
}

/**
 * Routers and services: each service by host and path prefix, longest prefix first, its replicas by address.
 * Traefik reads it again whenever it changes, without a restart.
 *
 * @throws when no service takes requests
 */
export function traefikDynamic(
  services: Readonly<Record<string, ServiceSettings>>,
  replicas: readonly Replica[],
): string {
  const routed = Object.entries(services)
    .filter(([, service]) => service.port !== undefined && service.pathPrefix !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const [frontName, front] = frontService(routed);
  const routers = routed.map(([name, service]) => [name, router(name, service)]);
  return document({
    http: {
      routers: {
        ...Object.fromEntries(routers),
        "platform-ping": internalRouter(proxyHealthPath, "ping@internal", []),
        "platform-ready": internalRouter(nodeHealthPath, frontName, ["platform-ready"]),
      },
      middlewares: {
        // Only connections that never came about are tried again, at the next replica.
        retry: { retry: { attempts: 3, initialInterval: "50ms" } },
        "platform-ready": { replacePath: { path: front.healthPath } },
      },
      services: Object.fromEntries(
        routed.map(([name, service]) => [
          name,
          balancer(
            service,
            replicas.filter((replica) => replica.serviceName === name),
          ),
        ]),
      ),
      serversTransports: {
        replicas: {
          maxIdleConnsPerHost: 64,
          // Shorter than servers wait for the first request of a connection (nginx and Node 60 s, the sample 30 s):
          // one that they end in the moment of its first use cannot be tried again, and the visitor gets a 500.
          forwardingTimeouts: { dialTimeout: "1s", responseHeaderTimeout: "30s", idleConnTimeout: "20s" },
        },
      },
    },
  });
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
    // A host is more special than any path.
    priority: prefix.length + (service.host === undefined ? 0 : 10_000),
    entryPoints: ["web"],
    middlewares: ["retry"],
    service: name,
  };
}

/** `/api` covers `/api` and `/api/...`, not `/apiary`. */
function routingRule(prefix: string, host: string | undefined): string {
  for (const text of [prefix, host ?? ""]) {
    if (text.includes("`")) throw new Error(`a route must not contain a backtick, got ${text}`);
  }
  const path =
    prefix === "/"
      ? "PathPrefix(`/`)"
      : `(Path(\`${prefix.replace(/\/$/, "")}\`) || PathPrefix(\`${prefix.replace(/\/$/, "")}/\`))`;
  return host === undefined ? path : `Host(\`${host}\`) && ${path}`;
}

function internalRouter(path: string, service: string, middlewares: readonly string[]) {
  return { rule: `Path(\`${path}\`)`, priority: 100_000, entryPoints: ["web"], middlewares, service };
}

function balancer(service: ServiceSettings, replicas: readonly Replica[]) {
  return {
    loadBalancer: {
      servers: replicas.map(({ address }) => ({ url: `http://${address}:${service.port}` })),
      passHostHeader: true,
      serversTransport: "replicas",
      // Shorter than the time for which a replica that stops still serves.
      healthCheck: {
        path: service.healthPath,
        interval: "2s",
        unhealthyInterval: "1s",
        timeout: "1800ms",
      },
    },
  };
}

/** JSON is YAML, and quotes everything rightly. */
function document(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
