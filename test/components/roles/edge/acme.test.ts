import assert from "node:assert/strict";
import { acmeSetup } from "../../../../components/roles/edge/acme";
import { certificateModules } from "../../../../components/roles/edge/acme/files";
import { installScript } from "../../../../components/roles/edge/acmeInstall";
import { acmeProbe } from "../../../../components/roles/edge/acmeStatus";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { loadBalancerSetup } from "../../../../components/roles/edge/setup";
import { shellcheck } from "../../../support/shellcheck";
import { edgeOptions, setupOptions } from "./support/options";

const acme = {
  directory: "https://acme.example.com/dir",
  email: undefined,
  root: undefined,
  key: "planted-key",
};
const options: EdgeOptions = { ...edgeOptions, acme };
const fileOf = (path: string, of = acmeSetup(options)) =>
  of.files.find((file) => file.path === path) ?? assert.fail(path);

describe("certificates by ACME", () => {
  it("nothing of it is on a machine whose platform brings its own, or wants none", () => {
    const without = acmeSetup(edgeOptions);
    assert.deepEqual([without.files, without.units, without.steps, without.packages], [[], [], [], []]);
  });

  it("asks for one certificate with the domain and the hosts of services", () => {
    const config = JSON.parse(fileOf("/etc/platform/secrets/certificate.json").content);
    assert.deepEqual(config.names, ["www.example.com", "shop.example.com"]);
    assert.deepEqual(config.self, { server: "prod-edge1", address: "10.0.1.11" });
    assert.deepEqual(config.peer, { server: "prod-edge2", address: "10.0.1.12" });
  });

  it("the certificate speaks for aliases too, whose visitors are sent to the domain over HTTPS", () => {
    const aliases = ["example.com", "shop.example.com"];
    const file = fileOf("/etc/platform/secrets/certificate.json", acmeSetup({ ...options, aliases }));
    const { names } = JSON.parse(file.content);
    assert.deepEqual(names, ["www.example.com", "shop.example.com", "example.com"]);
  });

  it("asks for wildcards by a record in the zone, and for no name that one of them is for: authorities refuse both", () => {
    const wildcards = ["*.example.com", "*.shop.example.com"];
    const dns = { apiEndpoint: "https://api.hetzner.cloud/v1", token: "planted-token" };
    const setup = acmeSetup({
      ...options,
      acme: { ...acme, challenge: "dns", wildcards, dns },
      aliases: ["example.com", "a.b.example.com"],
    });
    const { content } = fileOf("/etc/platform/secrets/certificate.json", setup);
    const { names, challenge, apiEndpoint } = JSON.parse(content);
    assert.deepEqual(names, ["example.com", "a.b.example.com", ...wildcards]);
    assert.deepEqual([challenge, apiEndpoint], ["dns", dns.apiEndpoint]);
  });

  it("the token for the zone is read by what speaks with the authority alone, not by who answers the peer", () => {
    const dns = { apiEndpoint: "https://api.hetzner.cloud/v1", token: "planted-token" };
    const setup = acmeSetup({ ...options, acme: { ...acme, challenge: "dns", dns } });
    const holding = setup.files.filter(({ content }) => content.includes("planted-token"));
    assert.deepEqual(
      holding.map(({ path, mode }) => [path, mode]),
      [["/etc/platform/secrets/certificate-dns-token", "0600"]],
    );
    const reading = setup.files.filter(({ content }) => content.includes("certificate-dns-token"));
    assert.deepEqual(
      reading.map(({ path }) => path),
      ["/etc/systemd/system/platform-certificate.service"],
    );
  });

  it("the pair's key is in files that root alone reads, and in no other text", () => {
    const setup = loadBalancerSetup({ ...setupOptions, acme });
    const holding = setup.files.filter(({ content }) => content.includes("planted-key"));
    assert.deepEqual(
      holding.map(({ path, mode }) => [path, mode]),
      [["/etc/platform/secrets/certificate.json", "0600"]],
    );
    const rest = JSON.stringify([setup.steps, setup.units, setup.checks, setup.probes]);
    assert.ok(!rest.includes("planted-key"));
  });

  it("no check of the set-up waits for a certificate", () => {
    assert.deepEqual(acmeSetup(options).checks, []);
  });

  it("Debian's own timer of certbot stays off, so that one authority renews", () => {
    const step = acmeSetup(options).steps.find(({ name }) => /timer of certbot/.test(name));
    assert.match(step?.run ?? "", /systemctl mask --quiet certbot\.timer/);
  });

  it("what speaks with the authority and the other machine runs as a user of its own, confined", () => {
    for (const name of ["platform-certificate.service", "platform-certificate-peer@.service"]) {
      const { content } = fileOf(`/etc/systemd/system/${name}`);
      for (const line of ["User=platform-certificate", "ProtectSystem=strict", "NoNewPrivileges=yes"]) {
        assert.ok(content.split("\n").includes(line), `${name}: ${line}`);
      }
    }
  });

  it("challenges come before each rule that sends visitors elsewhere", () => {
    for (const otherHosts of ["redirect", "refuse", "serve"] as const) {
      const lines = haproxyConfig({ ...options, otherHosts }).split("\n");
      const admitted = lines.indexOf("  http-request allow if asks_challenge");
      const elsewhere = lines.findIndex((line) =>
        /http-request (?:redirect|deny deny_status 421)/.test(line),
      );
      assert.ok(admitted > 0 && admitted < elsewhere, otherHosts);
    }
  });

  it("all modules of the program are on the machine, and each finds those that it imports", () => {
    const modules = certificateModules();
    for (const [name, content] of Object.entries(modules)) {
      assert.ok(fileOf(`/usr/local/lib/platform-certificate/${name}`));
      for (const [, imported] of content.matchAll(/^from (\w+) import/gm)) {
        const known = ["collections", "cryptography", "dataclasses", "enum", "typing"];
        assert.ok(known.includes(imported ?? "") || `${imported}.py` in modules, `${name}: ${imported}`);
      }
    }
  });

  it("its scripts are without findings of shellcheck", async function () {
    this.timeout(20_000);
    for (const engine of ["haproxy", "nginx"] as const) {
      assert.equal(await shellcheck(installScript(engine, "www.example.com")), "", engine);
    }
    assert.equal(await shellcheck(`probe() {\n${acmeProbe.command}\n}\nprobe\n`, ["SC2016"]), "");
  });
});
