// Load balancers for tests of the data path.
import type { LoadBalancerSpec } from "../../src/host/contract";
import type { HealthCheck, LoadBalancerService } from "../../src/state/rows";

const tcpCheck: HealthCheck = {
  protocol: "tcp",
  port: 80,
  interval: 15,
  timeout: 10,
  retries: 3,
  http: null,
};

export const httpCheck: HealthCheck = {
  ...tcpCheck,
  protocol: "http",
  http: { domain: null, path: "/", response: "", statusCodes: ["2??", "3??"], tls: false },
};

const http: NonNullable<LoadBalancerService["http"]> = {
  cookieName: "HCLBSTICKY",
  cookieLifetime: 300,
  timeoutIdle: 50,
  stickySessions: false,
  certificates: [],
  redirectHttp: false,
};

export type ServiceOptions = Partial<Omit<LoadBalancerService, "http" | "healthCheck">> & {
  readonly http?: Partial<NonNullable<LoadBalancerService["http"]>>;
  readonly healthCheck?: Partial<HealthCheck>;
};

export function tcpService(given: ServiceOptions = {}): LoadBalancerService {
  return {
    protocol: "tcp",
    listenPort: 80,
    destinationPort: 80,
    proxyProtocol: false,
    ...given,
    healthCheck: { ...tcpCheck, ...given.healthCheck },
    http: null,
  };
}

export function httpService(given: ServiceOptions = {}): LoadBalancerService {
  return {
    ...tcpService(given),
    protocol: given.protocol ?? "http",
    healthCheck: { ...httpCheck, ...given.healthCheck },
    http: { ...http, ...given.http },
  };
}

export function balancer(given: Partial<LoadBalancerSpec> = {}): LoadBalancerSpec {
  return {
    id: 7,
    publicIpv4: "198.19.0.7",
    publicIpv6: null,
    attachments: [],
    algorithm: "round_robin",
    maxConnections: 10_000,
    services: [],
    certificates: [],
    targets: ["10.0.0.2", "10.0.0.3"],
    ...given,
  };
}
