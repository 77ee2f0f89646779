import assert from "node:assert/strict";
import { issuedMap } from "../../../../components/roles/edge/acmeInstall";
import {
  type EdgeOptions,
  issuedCertificatePath,
  ownCertificatePath,
} from "../../../../components/roles/edge/edge";
import { whyNoDebian13 } from "./support/debian13";
import { ipv6Scenario } from "./support/ipv6";
import { certificatePem, edgeOptions, withAcme, withCdn } from "./support/options";
import { runScenario } from "./support/scenario";

type Visit = readonly [status: number, seen: Readonly<Record<string, string>>];

interface Ipv6Result {
  readonly visits: Readonly<Record<string, Visit>>;
  /** Local addresses of ports 80 and 443. */
  readonly listening: readonly string[];
  /** What was logged of requests. */
  readonly lines: readonly string[];
  readonly log: string;
}

/** nginx logs to a socket of the machine. */
const intoFiles = (config: string) =>
  config.replaceAll(/syslog:server=\S+severity=(\w+)/g, "/tmp/nginx-$1.log");

for (const engine of ["haproxy", "nginx"]) {
  describe(`visitors over IPv6 of ${engine} of Debian 13`, function () {
    this.timeout(240_000);
    let open: Ipv6Result;
    let behindCdn: Ipv6Result;
    let ipv4Alone: Ipv6Result;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const certificate = certificatePem();
      const files = {
        [ownCertificatePath]: certificate,
        [issuedCertificatePath]: certificate,
        [issuedMap]: "https yes\n",
      };
      const run = (options: EdgeOptions) =>
        runScenario<Ipv6Result>(engine, ipv6Scenario, { ...options, redirectToHttps: false }, intoFiles, {
          files,
        });
      open = await run({ ...withAcme, ipv6: true });
      behindCdn = await run({ ...withCdn, certificate, ipv6: true });
      ipv4Alone = await run({ ...edgeOptions, certificate });
    });

    const visitOf = (name: string, of = open) => of.visits[name] ?? assert.fail(`${name}: ${of.log}`);

    it("are served over HTTP and HTTPS as visitors over IPv4 are", () => {
      for (const name of ["plain", "TLS", "IPv4"]) assert.equal(visitOf(name)[0], 200, `${name} ${open.log}`);
      assert.equal(visitOf("state")[0], 200);
      assert.equal(visitOf("state of a stranger")[0], 404);
    });

    it("are who they are to the application, whatever they say of themselves, and to the log", () => {
      for (const name of ["plain", "TLS", "lies"]) {
        const [, seen] = visitOf(name);
        assert.deepEqual(
          [seen["x-forwarded-for"], seen["x-real-ip"], seen["x-forwarded-proto"]],
          ["2001:db8:1:1::5", "2001:db8:1:1::5", name === "TLS" ? "https" : "http"],
          name,
        );
      }
      assert.equal(visitOf("IPv4")[1]["x-forwarded-for"], "10.9.0.1");
      const ofVisitor = open.lines.filter((line) => line.includes("2001:db8:1:1::5"));
      assert.ok(ofVisitor.length >= 3, open.lines.join(""));
      assert.ok(!open.lines.some((line) => line.includes("::ffff:")), "IPv4 is logged as IPv6");
    });

    it("may be an ACME server, which prefers IPv6: the machine that asks for a certificate answers", () => {
      const [status, { node }] = visitOf("challenge");
      assert.deepEqual([status, node], [200, "certbot"]);
    });

    it("have a socket of their own: one for both would show IPv4 as IPv6", () => {
      const wanted = ["80", "443"].flatMap((port) => [`0.0.0.0:${port}`, `[::]:${port}`]).sort();
      assert.deepEqual([...new Set(open.listening)], wanted);
    });

    it("are believed when they come from the CDN's networks of IPv6, and refused around it", () => {
      for (const name of ["CDN", "CDN, IPv4"]) {
        const [status, seen] = visitOf(name, behindCdn);
        assert.deepEqual(
          [status, seen["x-forwarded-for"], seen["x-real-ip"]],
          [200, "2001:db8:5::5", "2001:db8:5::5"],
          `${name} ${behindCdn.log}`,
        );
      }
      assert.equal(visitOf("around the CDN", behindCdn)[0], 403);
    });

    it("find nothing where visitors come over IPv4 alone", () => {
      assert.equal(visitOf("plain", ipv4Alone)[0], 0);
      assert.equal(visitOf("TLS", ipv4Alone)[0], 0);
      assert.equal(visitOf("IPv4", ipv4Alone)[0], 200);
      assert.deepEqual([...new Set(ipv4Alone.listening)], ["0.0.0.0:443", "0.0.0.0:80"]);
    });
  });
}
