import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxyConfig, haproxySetup } from "../../../../components/roles/edge/haproxy";
import { shellcheck } from "../../../support/shellcheck";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import {
  certificatePem,
  edgeOptions,
  placeholder,
  strictLimits,
  withAcme,
  withCdn,
  withLimits,
  withoutSecret,
} from "./support/options";

const withTls = (): EdgeOptions => ({ ...edgeOptions, certificate: certificatePem() });

/** What Debian 13's HAProxy says; warnings count. */
async function judge(options: EdgeOptions) {
  const before = options.acme === undefined ? "" : placeholder("haproxy");
  return inDebian13(`${before}haproxy -c -f /etc/haproxy/haproxy.cfg`, {
    "/etc/haproxy/haproxy.cfg": haproxyConfig(options),
    ...(options.certificate === undefined ? {} : { "/etc/platform/secrets/site.pem": options.certificate }),
  });
}

const longestDomain = `${`${"a".repeat(60)}.`.repeat(4)}example`;

describe("haproxy", () => {
  describe("judged by HAProxy 3.0 of Debian 13", function () {
    this.timeout(600_000);
    before(function () {
      if (whyNoDebian13() !== undefined) this.skip();
    });
    const cases: [string, () => EdgeOptions][] = [
      ["HTTP only", () => edgeOptions],
      ["with a certificate", withTls],
      [
        "a domain as long as DNS takes",
        () => ({ ...edgeOptions, domain: longestDomain, otherHosts: "redirect" }),
      ],
      ["with a certificate and without a redirect", () => ({ ...withTls(), redirectToHttps: false })],
      ["with certificates by ACME", () => withAcme],
      ["behind a CDN, with limits", () => ({ ...withTls(), ...withCdn, limits: withLimits.limits })],
      ["behind a CDN without a secret", () => ({ ...withAcme, cdn: withoutSecret })],
      ["with limits", () => ({ ...withAcme, limits: withLimits.limits })],
      ["with limits for a few, on all paths", () => ({ ...edgeOptions, limits: strictLimits })],
      ["with ACME, and other names elsewhere", () => ({ ...withAcme, otherHosts: "redirect" })],
      ["one backend on the smallest machine", () => smallest()],
      [
        "for visitors over IPv6, behind a CDN, with limits",
        () => ({ ...withTls(), cdn: withCdn.cdn, limits: withLimits.limits, ipv6: true }),
      ],
      ["for visitors over IPv6, with certificates by ACME", () => ({ ...withAcme, ipv6: true })],
    ];
    for (const [name, options] of cases) {
      it(`accepts the configuration without a warning: ${name}`, async () => {
        const { exitCode, output } = await judge(options());
        assert.equal(exitCode, 0, output);
        assert.doesNotMatch(output, /WARNING|ALERT/);
      });
    }
  });

  it("offers HTTPS only with a certificate", () => {
    assert.doesNotMatch(haproxyConfig(edgeOptions), /:443/);
    assert.match(haproxyConfig(withTls()), /bind :443 ssl crt \/etc\/platform\/secrets\/site\.pem/);
  });

  it("S1-40: takes turns, and asks each node for its health over HTTP", () => {
    const config = haproxyConfig(edgeOptions);
    const backend = /^backend app\n[\s\S]*?(?=^\S|$(?![\s\S]))/m.exec(config)?.[0] ?? "";
    assert.match(backend, /^ {2}balance roundrobin$/m);
    assert.match(backend, /^ {2}option httpchk$/m);
    assert.match(backend, /^ {2}http-check send meth GET uri \S+/m);
    assert.match(backend, /^ {2}default-server .*\bcheck\b/m);
  });

  it("names every app node and no other machine in each backend", () => {
    const sections = haproxyConfig(edgeOptions).split(/^(?=backend )/m);
    for (const name of ["app", "streams", "anyone", "reach"]) {
      const backend = sections.find((section) => section.startsWith(`backend ${name}\n`));
      const servers = backend?.match(/(?<=^ {2}server )\S+ \S+/gm);
      assert.deepEqual(servers, ["app1 10.0.2.11:80", "app2 10.0.2.12:80"], name);
    }
  });

  it("keeps key and certificate in files that root alone reads", () => {
    const setup = haproxySetup(withTls());
    const holding = setup.files.filter((file) => /PRIVATE KEY/.test(file.content));
    assert.deepEqual(
      holding.map((file) => [file.path, file.mode]),
      [["/etc/platform/secrets/site.pem", "0600"]],
    );
  });

  it("reloads when the certificate changes", () => {
    const unit = haproxySetup(withTls()).units[0];
    assert.equal(unit?.onChange, "reload");
    assert.ok(unit?.reads.includes("/etc/platform/secrets/site.pem"));
  });

  it("has a reload script without findings of shellcheck", async () => {
    const script = haproxySetup(edgeOptions).files.find((file) => file.path.endsWith("reload-haproxy"));
    assert.equal(await shellcheck(script?.content ?? "missing"), "");
  });
});

function smallest(): EdgeOptions {
  const machine = { ...edgeOptions.machine, size: { vcpus: 1, memoryGb: 0.5, serverType: undefined } };
  return { ...edgeOptions, machine, backends: edgeOptions.backends.slice(0, 1) };
}
