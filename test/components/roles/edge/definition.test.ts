import assert from "node:assert/strict";
import { Platform, type PlatformArgs } from "../../../../components/platform";
import { isSecretValue, recordProgram } from "../../../support/mocks";
import { seedSettings as settings } from "../../../support/settings";

async function record(changes: Partial<PlatformArgs> = {}) {
  const args = { settings, apiToken: "planted-token".padEnd(64, "0"), ...changes };
  return recordProgram(() => void new Platform("prod", args), {
    outputs: (type, name) => {
      if (type.endsWith(":RandomBytes")) return { base64: Buffer.alloc(32, 7).toString("base64") };
      if (type.endsWith(":FloatingIp"))
        return { ipAddress: name.endsWith("-ipv6") ? "2001:db8:2:1::" : "198.51.100.20" };
      return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
    },
    call: () => ({ sha256Digest: `sha256:${"1".repeat(64)}` }),
  });
}

const zoneRrset = "hcloud:index/zoneRrset:ZoneRrset";
const valuesOf = ({ records }: Readonly<Record<string, unknown>>) =>
  (records as readonly { readonly value: string }[]).map(({ value }) => value).join();

describe("load balancers in a platform", () => {
  it("refuses names that are not the platform's where there is a certificate, and serves by address where there is none", async () => {
    const scripts = async (acme: boolean, certificate?: string) => {
      const edge = { ...settings.edge, acme: { ...settings.edge.acme, enabled: acme } };
      const resources = await record({
        settings: { ...settings, edge },
        ...(certificate && { certificate }),
      });
      const stdin = resources.find(({ name }) => name.endsWith("-edge1-setup"))?.inputs.stdin;
      assert.ok(isSecretValue(stdin));
      return (stdin as { value: string }).value;
    };
    assert.match(await scripts(true), /deny_status 421/);
    assert.match(await scripts(false, "planted-certificate"), /deny_status 421/);
    assert.doesNotMatch(await scripts(false), /deny_status 421/);
  });

  it("has records of all its names in the zone of its stack: of the domain, of services, of aliases", async () => {
    const { web } = settings.app.services;
    assert.ok(web);
    const services = { ...settings.app.services, shop: { ...web, host: "shop.example.com" } };
    const resources = await record({
      settings: {
        ...settings,
        aliases: ["example.com"],
        dns: { zone: "example.com", ttlSeconds: 300 },
        app: { ...settings.app, services },
      },
    });
    const records = resources.filter(({ type }) => type === zoneRrset);
    const names = ["@", "www", "shop"];
    assert.deepEqual(
      records.map(({ inputs }) => `${inputs.name} ${inputs.type} ${valuesOf(inputs)}`).sort(),
      names.flatMap((name) => [`${name} A 198.51.100.20`, `${name} CAA 0 issue "letsencrypt.org"`]).sort(),
    );
  });

  it("has AAAA records beside them when visitors come over IPv6", async () => {
    const resources = await record({
      settings: {
        ...settings,
        dns: { zone: "example.com", ttlSeconds: 300 },
        edge: { ...settings.edge, ipv6: true },
      },
    });
    const records = resources.filter(({ type }) => type === zoneRrset);
    assert.deepEqual(
      records.map(({ inputs }) => `${inputs.name} ${inputs.type} ${valuesOf(inputs)}`).sort(),
      ["www A 198.51.100.20", "www AAAA 2001:db8:2:1::1", 'www CAA 0 issue "letsencrypt.org"'],
    );
  });

  it("has no records without a zone, nor CAA records for a certificate that was brought along", async () => {
    const recordsOf = async (changes: Parameters<typeof record>[0]) =>
      (await record(changes)).filter(({ type }) => type === zoneRrset);
    assert.deepEqual(await recordsOf({}), []);
    const dns = { zone: "example.com", ttlSeconds: 300 };
    const own = await recordsOf({ settings: { ...settings, dns }, certificate: "planted-certificate" });
    assert.deepEqual(
      own.map(({ inputs }) => inputs.type),
      ["A"],
    );
  });
});
