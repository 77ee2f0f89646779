import assert from "node:assert/strict";
import { issuedFlag, issuedMap } from "../../../../components/roles/edge/acmeInstall";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { adminSocket } from "../../../../components/roles/edge/haproxyReload";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { EdgeEngine } from "../../../../components/roles/edge/settings";
import { publicStatePath } from "../../../../components/setup/site";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { certificatePem, edgeOptions, looksLikeQuestion, placeholder, withAcme } from "./support/options";

const start: Readonly<Record<EdgeEngine, string>> = {
  haproxy: "haproxy -D -f /etc/haproxy/haproxy.cfg",
  nginx: "nginx -c /etc/platform/nginx.conf",
};

/** What tells a running proxy that the authority has issued a certificate. */
const issue: Readonly<Record<EdgeEngine, string>> = {
  haproxy: `socat -t 2 - UNIX-CONNECT:${adminSocket} <<<'set map ${issuedMap} https yes' >/dev/null`,
  nginx: `touch ${issuedFlag}`,
};

/** Nobody is behind the load balancer, so whoever is served gets 502 or 503. */
const served = "served";

/**
 * What real visits are given, by what they are called: `host` over HTTP, `tls` over HTTPS with a name in the
 * handshake and one in the request.
 */
async function visits(engine: EdgeEngine, options: EdgeOptions, script: string) {
  const { output } = await inDebian13(
    `${options.acme === undefined ? "" : placeholder(engine)}ip address add ${edgeOptions.machine.privateIp}/32 dev lo
${start[engine]} >/tmp/started 2>&1 || cat /tmp/started
said() { printf '%s|' "$1"; shift; curl -sk -o /dev/null -w '%{http_code} %{http_version} %{redirect_url}\\n' "$@" || true; }
host() { said "$1" -H "Host: $1" "\${@:2}" "http://127.0.0.1/page?q=1"; }
tls() { said "$1 $2 $3" "$1" -H "Host: $3" --connect-to "$2:443:127.0.0.1:443" "https://$2/page?q=1"; }
for _ in {1..100}; do ! curl -s -o /dev/null http://127.0.0.1:8404/alive || break; sleep 0.1; done
${script}`,
    {
      "/etc/haproxy/haproxy.cfg": haproxyConfig(options),
      "/etc/platform/nginx.conf": nginxConfig(options),
      ...(options.certificate === undefined ? {} : { "/etc/platform/secrets/site.pem": options.certificate }),
    },
  );
  const lines = output.trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [visit = "", answer = ""] = line.split("|");
      return [visit, answer.replace(/^50[23]/, served).trim()];
    }),
  );
}

const own = [
  "www.example.com",
  "WWW.Example.COM",
  "www.example.com:80",
  "www.example.com.",
  "Shop.Example.com.:80",
];
const foreign = [
  "203.0.113.10",
  "203.0.113.10:80",
  "[2001:db8::1]",
  "[2001:db8::1]:80",
  "other.example",
  "www.example.com.other.example",
  "notwww.example.com",
  "example.com",
];
const asked = (names: readonly string[]) => names.map((name) => `host '${name}'`).join("\n");
const all = (names: readonly string[], answer: string) =>
  Object.fromEntries(names.map((name) => [name, answer]));

for (const engine of Object.values(EdgeEngine)) {
  describe(`names at the edge, ${engine} of Debian 13`, function () {
    this.timeout(600_000);
    before(function () {
      if (whyNoDebian13() !== undefined) this.skip();
    });

    it("the platform's are served however they are written, and every other name and address is refused with 421", async () => {
      const seen = await visits(
        engine,
        { ...edgeOptions, otherHosts: "refuse" },
        `${asked([...own, ...foreign])}
said none -0 -H Host: http://127.0.0.1/
said absolute --request-target http://other.example/ -H 'Host: other.example' http://127.0.0.1/
said state -H 'Host: 203.0.113.10' -H 'X-Platform-Question: ${looksLikeQuestion}' http://127.0.0.1${publicStatePath}
said alive http://127.0.0.1:8404/alive`,
      );
      assert.deepEqual(seen, {
        ...all(own, `${served} 1.1`),
        ...all(foreign, "421 1.1"),
        none: "421 1.1",
        absolute: "421 1.1",
        // The other load balancer asks, by address.
        state: `${served} 1.1`,
        alive: "200 1.1",
      });
    });

    it("over HTTPS the name of the request counts, over HTTP/1.1 and HTTP/2, whatever the handshake named", async () => {
      const options: EdgeOptions = { ...edgeOptions, certificate: certificatePem(), otherHosts: "refuse" };
      const seen = await visits(
        engine,
        options,
        `for version in --http1.1 --http2; do
  tls $version www.example.com www.example.com
  tls $version www.example.com SHOP.example.com.:443
  tls $version www.example.com other.example
  tls $version other.example www.example.com
  tls $version other.example other.example
  tls $version 203.0.113.10 203.0.113.10
done
${asked(["www.example.com:80", "Shop.Example.com.", "203.0.113.10", "[2001:db8::1]"])}`,
      );
      const over = (flag: string, version: string) => ({
        [`${flag} www.example.com www.example.com`]: `${served} ${version}`,
        [`${flag} www.example.com SHOP.example.com.:443`]: `${served} ${version}`,
        [`${flag} www.example.com other.example`]: `421 ${version}`,
        [`${flag} other.example www.example.com`]: `${served} ${version}`,
        [`${flag} other.example other.example`]: `421 ${version}`,
        [`${flag} 203.0.113.10 203.0.113.10`]: `421 ${version}`,
      });
      assert.deepEqual(seen, {
        ...over("--http1.1", "1.1"),
        ...over("--http2", "2"),
        // Not to the port of HTTP.
        "www.example.com:80": "308 1.1 https://www.example.com/page?q=1",
        "Shop.Example.com.": "308 1.1 https://shop.example.com/page?q=1",
        "203.0.113.10": "421 1.1",
        "[2001:db8::1]": "421 1.1",
      });
    });

    it("visitors of other names and of aliases are sent to the domain, with path and query, over HTTPS at once", async () => {
      const options: EdgeOptions = {
        ...edgeOptions,
        certificate: certificatePem(),
        otherHosts: "redirect",
        aliases: ["example.com"],
      };
      const seen = await visits(
        engine,
        options,
        `${asked(["example.com", "EXAMPLE.com.:80", "other.example", "[2001:db8::1]:80"])}
tls --http2 example.com example.com
tls --http2 www.example.com other.example
tls --http2 shop.example.com shop.example.com`,
      );
      const domain = "https://www.example.com/page?q=1";
      assert.deepEqual(seen, {
        ...all(["example.com", "EXAMPLE.com.:80", "other.example", "[2001:db8::1]:80"], `308 1.1 ${domain}`),
        "--http2 example.com example.com": `308 2 ${domain}`,
        "--http2 www.example.com other.example": `308 2 ${domain}`,
        "--http2 shop.example.com shop.example.com": `${served} 2`,
      });
    });

    it("an alias leads to the domain where other names are served, and where they are refused", async () => {
      for (const [otherHosts, other] of [
        ["serve", `${served} 1.1`],
        ["refuse", "421 1.1"],
      ] as const) {
        const seen = await visits(
          engine,
          { ...edgeOptions, otherHosts, aliases: ["example.com"] },
          asked(["example.com", "other.example"]),
        );
        assert.deepEqual(seen, {
          "example.com": "308 1.1 http://www.example.com/page?q=1",
          "other.example": other,
        });
      }
    });

    it("challenges of ACME are answered under every name; others are refused before and after the first certificate", async () => {
      const options: EdgeOptions = { ...withAcme, otherHosts: "refuse", aliases: ["example.com"] };
      const visit = (when: string) => `
for name in www.example.com example.com other.example 203.0.113.10; do
  said "${when} $name" -H "Host: $name" "http://127.0.0.1/page"
  said "${when} challenge $name" -H "Host: $name" "http://127.0.0.1/.well-known/acme-challenge/token"
done`;
      const seen = await visits(engine, options, `${visit("before")}\n${issue[engine]}\n${visit("after")}`);
      const challenges = (when: string) =>
        all(
          ["www.example.com", "example.com", "other.example", "203.0.113.10"].map(
            (name) => `${when} challenge ${name}`,
          ),
          `${served} 1.1`,
        );
      assert.deepEqual(seen, {
        ...challenges("before"),
        ...challenges("after"),
        "before www.example.com": `${served} 1.1`,
        "before example.com": "308 1.1 http://www.example.com/page",
        "before other.example": "421 1.1",
        "before 203.0.113.10": "421 1.1",
        "after www.example.com": "308 1.1 https://www.example.com/page",
        "after example.com": "308 1.1 https://www.example.com/page",
        "after other.example": "421 1.1",
        "after 203.0.113.10": "421 1.1",
      });
    });

    it("as many names as a platform may have are all served, each as long as DNS takes", async () => {
      const tail = `${`.${"a".repeat(60)}`.repeat(3)}.example`;
      const hosts = Array.from({ length: 254 }, (_, index) => `service-${index}${tail}`);
      const options: EdgeOptions = { ...edgeOptions, otherDomains: hosts, otherHosts: "refuse" };
      const tried = [0, 62, 63, 64, 253].map((index) => hosts[index] ?? "");
      const seen = await visits(engine, options, asked([...tried, `service-254${tail}`]));
      assert.deepEqual(seen, { ...all(tried, `${served} 1.1`), [`service-254${tail}`]: "421 1.1" });
    });
  });
}
