import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { LoadBalancerSpec } from "../../src/host/contract";
import { certificateFiles, listName } from "../../src/loadBalancers/certificateFiles";
import { haproxyConfig, statusPattern, word } from "../../src/loadBalancers/haproxy";
import { makePems, type Pems } from "../api/certificates/pems";
import { balancer, httpCheck, httpService, tcpService } from "./specs";

interface Case {
  readonly what: string;
  readonly spec: Partial<LoadBalancerSpec>;
  readonly has: readonly (string | RegExp)[];
  readonly lacks?: readonly (string | RegExp)[];
}

const anything = "a b#c\"d'e\\f$g%[h]\u00e9;i`j";

const cases: Case[] = [
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

describe("HAProxy's configuration of a load balancer", () => {
  let folder: string;
  let first: Pems;
  let second: Pems;
  before(async function () {
    const { exitCode } = await execa("haproxy", ["-v"], { reject: false });
    if (exitCode !== 0) {
      console.log("      skipped: haproxy is not installed, `npm run localcloud -- up` installs it");
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "localcloud-haproxy-"));
    await writeFile(join(folder, "servers.state"), "1\n");
    [first, second] = await Promise.all([makePems("one.example"), makePems("two.example")]);
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const render = (spec: LoadBalancerSpec, ipv6 = true) =>
    haproxyConfig(spec, {
      ipv6,
      paths: {
        socket: join(folder, "stats socket"),
        serverState: join(folder, "servers.state"),
        certificateList: (port) => join(folder, listName(port)),
      },
    });
  const withCertificates = (given: Partial<LoadBalancerSpec>) =>
    balancer({
      ...given,
      certificates: [
        { id: 1, certificate: first.certificate, privateKey: first.key },
        { id: 2, certificate: second.certificate, privateKey: second.key },
      ],
    });

  for (const { what, spec: given, has, lacks = [] } of cases) {
    it(`serves ${what}, and haproxy accepts it`, async () => {
      const spec = withCertificates(given);
      const text = render(spec);
      for (const wanted of has) {
        const found = typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
        assert.ok(found, `${wanted} in\n${text}`);
      }
      for (const unwanted of lacks) {
        const found = typeof unwanted === "string" ? text.includes(unwanted) : unwanted.test(text);
        assert.ok(!found, `${unwanted} not in\n${text}`);
      }
      for (const { name, content } of certificateFiles(spec, folder)) {
        await writeFile(join(folder, name), content, { mode: 0o600 });
      }
      await writeFile(join(folder, "haproxy.cfg"), text);
      const checked = await execa("haproxy", ["-c", "-f", join(folder, "haproxy.cfg")], { reject: false });
      assert.equal(checked.exitCode, 0, `${checked.stderr}\n${text}`);
      assert.doesNotMatch(checked.stderr, /WARNING/);
    });
  }

  it("binds IPv4 alone where the host has no IPv6", () => {
    assert.doesNotMatch(render(balancer({ services: [tcpService()] }), false), /:::/);
  });

  it("is refused by haproxy when it is wrong", async () => {
    await writeFile(join(folder, "wrong.cfg"), `${render(balancer())}\nlisten x\n  balance magic\n`);
    const checked = await execa("haproxy", ["-c", "-f", join(folder, "wrong.cfg")], { reject: false });
    assert.equal(checked.exitCode, 1);
  });

  it("keeps words whole", () => {
    assert.equal(word("a b"), "a\\x20b");
    assert.equal(word("\u00e9\n"), "\\xc3\\xa9\\x0a");
    assert.equal(word("10.0.0.2:80"), "10.0.0.2:80");
  });

  const patterns: [string[], string, boolean][] = [
    [["2??", "3??"], "204", true],
    [["2??", "3??"], "404", false],
    [["2*"], "200", true],
    [["?0?"], "502", true],
    [["200"], "2000", false],
    [["20"], "200", false],
  ];
  for (const [codes, status, matches] of patterns) {
    it(`${matches ? "takes" : "refuses"} ${status} for ${codes.join(", ")}`, () =>
      assert.equal(new RegExp(statusPattern(codes)).test(status), matches));
  }

  it("names certificate files by their content and lists them in the service's order", () => {
    const service = httpService({ protocol: "https", listenPort: 443, http: { certificates: [2, 1] } });
    const files = certificateFiles(withCertificates({ services: [service] }), "/certs");
    const list = files.find(({ name }) => name === "443.list");
    assert.match(list?.content ?? "", /^\/certs\/2-[0-9a-f]{16}\.pem\n\/certs\/1-[0-9a-f]{16}\.pem\n$/);
    const renewed = { ...withCertificates({ services: [service] }) };
    const changed = certificateFiles(
      {
        ...renewed,
        certificates: renewed.certificates.map((row) => ({ ...row, privateKey: second.key })),
      },
      "/certs",
    );
    assert.notEqual(changed[0]?.name, files[0]?.name);
    assert.equal(httpCheck.http?.path, "/");
  });
});
