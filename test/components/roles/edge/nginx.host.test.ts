import assert from "node:assert/strict";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { nginxConfig, nginxSetup } from "../../../../components/roles/edge/nginx";
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

const longestDomain = `${`${"a".repeat(60)}.`.repeat(4)}example`;

describe("nginx", () => {
  describe("judged by nginx 1.26 of Debian 13", function () {
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
      ["with ACME, and other names refused", () => ({ ...withAcme, otherHosts: "refuse" })],
      [
        "for visitors over IPv6, behind a CDN, with limits",
        () => ({ ...withTls(), cdn: withCdn.cdn, limits: withLimits.limits, ipv6: true }),
      ],
      ["for visitors over IPv6, with certificates by ACME", () => ({ ...withAcme, ipv6: true })],
    ];
    for (const [name, options] of cases) {
      it(`accepts the configuration without a warning: ${name}`, async () => {
        const given = options();
        const before = given.acme === undefined ? "" : placeholder("nginx");
        const { exitCode, output } = await inDebian13(
          `${before}echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; nginx -t -c /etc/platform/nginx.conf`,
          {
            "/etc/platform/nginx.conf": nginxConfig(given),
            ...(given.certificate === undefined
              ? {}
              : { "/etc/platform/secrets/site.pem": given.certificate }),
          },
        );
        assert.equal(exitCode, 0, output);
        assert.doesNotMatch(output, /\[warn\]|\[emerg\]/);
      });
    }
  });

  it("listens on port 443 only with a certificate", () => {
    assert.doesNotMatch(nginxConfig(edgeOptions), /listen 443/);
    assert.match(nginxConfig(withTls()), /listen 443 ssl/);
  });

  it("keeps key and certificate in files that root alone reads", () => {
    const holding = nginxSetup(withTls()).files.filter((file) => /PRIVATE KEY/.test(file.content));
    assert.equal(holding.length, 1);
    for (const file of holding) assert.equal(file.mode, "0600");
  });
});
