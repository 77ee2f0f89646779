// What load balancers ask of HAProxy, and the lines that must or must not come of it.
import type { LoadBalancerSpec } from "../../src/host/contract";
import { httpService, tcpService } from "./specs";

interface Case {
  readonly what: string;
  readonly spec: Partial<LoadBalancerSpec>;
  readonly has: readonly (string | RegExp)[];
  readonly lacks?: readonly (string | RegExp)[];
}

const anything = "a b#c\"d'e\\f$g%[h]\u00e9;i`j";

export const cases: readonly Case[] = [
  { what: "no service", spec: {}, has: ["maxconn 10000", "no strict-limits"], lacks: ["listen "] },
  {
    what: "tcp",
    spec: { services: [tcpService({ listenPort: 5432, destinationPort: 5433 })] },
    has: [
      "listen service_5432",
      "bind :5432",
      "bind :::5432 v6only",
      "mode tcp",
      "balance roundrobin",
      "server 10.0.0.2 10.0.0.2:5433 check port 80 inter 15s rise 3 fall 3",
    ],
    lacks: ["httpchk", "forwardfor", "send-proxy"],
  },
  {
    what: "least connections and a larger type",
    spec: { services: [tcpService()], algorithm: "least_connections", maxConnections: 40_000 },
    has: ["balance leastconn", "maxconn 40000"],
  },
  {
    what: "http",
    spec: { services: [httpService({ http: { timeoutIdle: 70 } })] },
    has: [
      "mode http",
      "option forwardfor",
      "X-Forwarded-Proto http",
      "timeout client 70s",
      "timeout server 70s",
      "http-check send meth GET uri / ver HTTP/1.0",
      "http-check expect rstatus \\x5e\\x282..\\x7c3..\\x29\\x24",
    ],
    lacks: ["cookie", "ssl crt-list"],
  },
  {
    what: "sticky sessions",
    spec: {
      services: [
        httpService({ http: { stickySessions: true, cookieName: "it's$me", cookieLifetime: 1800 } }),
      ],
    },
    has: [
      "cookie it\\x27s\\x24me insert indirect nocache maxlife 1800s attr Max-Age=1800",
      /server 10\.0\.0\.2 .* cookie [0-9a-f]{16}$/m,
    ],
  },
  {
    what: "proxy protocol, with the check on the same port",
    spec: { services: [tcpService({ proxyProtocol: true })] },
    has: ["send-proxy check-send-proxy"],
  },
  {
    what: "proxy protocol, with the check on another port",
    spec: { services: [tcpService({ proxyProtocol: true, healthCheck: { port: 81 } })] },
    has: ["check port 81", "send-proxy"],
    lacks: ["check-send-proxy"],
  },
  {
    what: "https with certificates",
    spec: { services: [httpService({ protocol: "https", listenPort: 443, http: { certificates: [2, 1] } })] },
    has: [/bind :443 ssl crt-list .*443\.list alpn h2,http\/1\.1/, "mode http", "X-Forwarded-Proto https"],
  },
  {
    what: "https that passes TLS through",
    spec: { services: [httpService({ protocol: "https", listenPort: 443 })] },
    has: ["bind :443\n", "mode tcp"],
    lacks: ["crt-list", "forwardfor"],
  },
  {
    what: "a redirect to port 443",
    spec: {
      services: [
        httpService({ protocol: "https", listenPort: 443, http: { certificates: [1], redirectHttp: true } }),
      ],
    },
    has: ["frontend redirect_443", "bind :80\n", "http-request redirect scheme https code 301"],
  },
  {
    what: "a redirect to another port",
    spec: {
      services: [
        httpService({ protocol: "https", listenPort: 8443, http: { certificates: [1], redirectHttp: true } }),
      ],
    },
    has: [":8443%[capture.req.uri] code 301"],
  },
  {
    what: "a health check with everything",
    spec: {
      services: [
        httpService({
          healthCheck: {
            port: 8080,
            interval: 3,
            timeout: 2,
            retries: 1,
            http: {
              domain: "example.com",
              path: "/health?a=b",
              response: "all good",
              statusCodes: ["200", "3*"],
              tls: true,
            },
          },
        }),
      ],
    },
    has: [
      "timeout check 2s",
      "timeout connect 2s",
      "uri /health\\x3fa=b ver HTTP/1.1 hdr Host example.com",
      "http-check expect string all\\x20good",
      "check port 8080 inter 3s rise 1 fall 1 check-ssl verify none check-sni example.com",
    ],
  },
  {
    what: "text that means something to HAProxy",
    spec: {
      services: [
        httpService({
          healthCheck: {
            http: {
              domain: "a'b\"#$c",
              path: `/${anything}`,
              response: `${anything}\nbackend evil`,
              statusCodes: ["2??"],
              tls: false,
            },
          },
        }),
      ],
    },
    has: ["\\x0abackend\\x20evil"],
    lacks: [/^\s*backend/m],
  },
  {
    what: "IPv6 targets",
    spec: { services: [tcpService()], targets: ["2001:db8::1"] },
    has: ["server 2001:db8::1 [2001:db8::1]:80"],
  },
  { what: "no target", spec: { services: [tcpService()], targets: [] }, has: ["listen service_80"] },
  {
    what: "many services",
    spec: {
      services: [
        tcpService({ listenPort: 1 }),
        httpService({ listenPort: 2 }),
        httpService({ listenPort: 3, protocol: "https", http: { certificates: [1] } }),
        httpService({ listenPort: 4, protocol: "https", http: { certificates: [2] } }),
      ],
    },
    has: ["listen service_1", "listen service_4"],
  },
];
