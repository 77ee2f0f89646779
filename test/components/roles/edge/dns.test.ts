// Under the real engine and the unmodified provider, against the local cloud's zones.
import assert from "node:assert/strict";
import * as hcloud from "@pulumi/hcloud";
import { platformLabels } from "../../../../components/machine/labels";
import { createDnsRecords, type DnsRecordsArgs } from "../../../../components/roles/edge/dns";
import { type EngineStack, engineStack } from "../../../support/engineStack";

const letsEncrypt = { directory: "https://acme-v02.api.letsencrypt.org/directory" };

interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly records: readonly { readonly value: string }[];
}

describe("records of the platform's names in a zone at Hetzner", function () {
  this.timeout("5m");
  let running: EngineStack;
  before(async () => {
    running = await engineStack({});
    await addZone("example.com");
    await addRecord("@", "MX", "10 mail.example.net.");
    await addRecord("mail", "A", "203.0.113.25");
    wants({ names: [] });
    await running.stack.up();
  });
  after(() => running?.stop());

  /** What the stack makes: an address, and records that lead to it. */
  function wants(changes: Partial<Pick<DnsRecordsArgs, "names" | "dns" | "acme" | "ipv6Addresses">>) {
    const args = {
      dns: { zone: "example.com", ttlSeconds: 300 },
      names: ["www.example.com", "example.com"],
      acme: letsEncrypt,
      ...changes,
    };
    running.make(({ apiToken, apiEndpoint }) => {
      const address = new hcloud.FloatingIp("address", { type: "ipv4", homeLocation: "nbg1" });
      createDnsRecords("dns", {
        ...args,
        addresses: [address.ipAddress],
        labels: platformLabels("prod"),
        api: { endpoint: apiEndpoint, token: apiToken },
      });
    });
  }

  async function addZone(name: string) {
    const { action } = await running.cloud.ok("POST", "/zones", { name, mode: "primary" });
    await running.cloud.succeeds(action);
  }

  async function addRecord(name: string, type: string, value: string) {
    const body = { name, type, records: [{ value }] };
    const { action } = await running.cloud.ok("POST", "/zones/example.com/rrsets", body);
    await running.cloud.succeeds(action);
  }

  /** What the zone has beside what every zone has: `www A 300 203.0.113.10`. */
  async function zone(): Promise<readonly string[]> {
    const { rrsets } = await running.cloud.get("/zones/example.com/rrsets");
    return (rrsets as readonly RecordSet[])
      .filter(({ type }) => !["SOA", "NS"].includes(type))
      .map(({ name, type, ttl, records }) => `${name} ${type} ${ttl} ${records.map(({ value }) => value)}`)
      .sort();
  }

  async function address(): Promise<string> {
    const { floating_ips } = await running.cloud.get("/floating_ips");
    return floating_ips[0].ip;
  }

  const others = ["@ MX null 10 mail.example.net.", "mail A null 203.0.113.25"];

  it("are refused in the preview where there is no such zone, with what to do", async () => {
    wants({ names: ["www.example.org"], dns: { zone: "example.org", ttlSeconds: 300 } });
    await assert.rejects(
      running.plan(),
      /dns\.zone: there is no zone example\.org .*hcloud zone create --name example\.org/s,
    );
  });

  it("are refused in the preview where a name has a record already, which stays as it is", async () => {
    await addRecord("www", "A", "203.0.113.77");
    wants({});
    await assert.rejects(
      running.plan(),
      /zone example\.com has a record www A already \(203\.0\.113\.77\).*hcloud zone rrset delete example\.com www A/s,
    );
    const result = await running.stack.up({ color: "never" }).catch((error: unknown) => error);
    assert.match(String(result), /has a record www A already/);
    assert.ok((await zone()).includes("www A null 203.0.113.77"));
    wants({ names: [] });
    await running.stack.up();
    const { action } = await running.cloud.ok("DELETE", "/zones/example.com/rrsets/www/A");
    await running.cloud.succeeds(action);
    assert.deepEqual(await zone(), others);
  });

  it("lead each name of the zone to the address, allow the issuer, and are labelled; names of other zones are left out", async () => {
    wants({
      names: ["www.example.com", "example.com", "qa.shop.example.com", "www.example.org", "notexample.com"],
    });
    await running.stack.up();
    const ip = await address();
    const caa = '0 issue "letsencrypt.org"';
    assert.deepEqual(
      await zone(),
      [
        ...others,
        ...["@", "www", "qa.shop"].flatMap((name) => [`${name} A 300 ${ip}`, `${name} CAA 300 ${caa}`]),
      ].sort(),
    );
    const { rrset } = await running.cloud.get("/zones/example.com/rrsets/www/A");
    assert.deepEqual(rrset.labels, platformLabels("prod"));
  });

  it("stay as they are in a second up, which asks the API for nothing", async () => {
    const before = running.cloud.log.length;
    assert.deepEqual(await running.plan(), []);
    const { summary } = await running.stack.up();
    assert.deepEqual(summary.resourceChanges, { same: 8 });
    assert.deepEqual(
      running.cloud.log.slice(before).map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it("change in place with the time to live, and go with their name alone", async () => {
    wants({ names: ["www.example.com"], dns: { zone: "example.com", ttlSeconds: 60, caa: ["pki.goog"] } });
    const steps = (await running.plan()).map(({ op, name }) => `${op} ${name}`);
    assert.deepEqual(steps.sort(), [
      "delete dns-example.com-a",
      "delete dns-example.com-caa",
      "delete dns-qa.shop.example.com-a",
      "delete dns-qa.shop.example.com-caa",
      "update dns-www.example.com-a",
      "update dns-www.example.com-caa",
    ]);
    await running.stack.up();
    const ip = await address();
    assert.deepEqual(await zone(), [...others, `www A 60 ${ip}`, 'www CAA 60 0 issue "pki.goog"'].sort());
  });

  it("lead to the addresses of IPv6 as well, and a second up changes nothing", async () => {
    const dns = { zone: "example.com", ttlSeconds: 60, caa: ["pki.goog"] };
    const names = ["www.example.com"];
    await addRecord("www", "AAAA", "2001:db8:9::9");
    const ipv6Addresses = ["2001:db8:2:1::1", "2001:db8:2:2::1"];
    wants({ names, dns, ipv6Addresses });
    await assert.rejects(running.plan(), /has a record www AAAA already \(2001:db8:9::9\)/);
    const { action } = await running.cloud.ok("DELETE", "/zones/example.com/rrsets/www/AAAA");
    await running.cloud.succeeds(action);
    const steps = (await running.plan()).map(({ op, name }) => `${op} ${name}`);
    assert.deepEqual(steps, ["create dns-www.example.com-aaaa"]);
    await running.stack.up();
    assert.ok((await zone()).includes(`www AAAA 60 ${ipv6Addresses}`), String(await zone()));
    assert.deepEqual(await running.plan(), []);
    wants({ names, dns });
    await running.stack.up();
    assert.ok(!(await zone()).some((record) => record.includes("AAAA")));
  });

  it("have no CAA records where another authority is asked, and where it is told so", async () => {
    wants({ names: ["www.example.com"], acme: { directory: "https://acme.example.net/dir" } });
    const steps = (await running.plan()).map(({ op, name }) => `${op} ${name}`);
    assert.ok(steps.includes("delete dns-www.example.com-caa"), String(steps));
    wants({ names: ["www.example.com"], dns: { zone: "example.com", ttlSeconds: 60, caa: [] } });
    const told = (await running.plan()).map(({ op, name }) => `${op} ${name}`);
    assert.deepEqual(told, ["delete dns-www.example.com-caa"]);
  });

  it("are all that destroy takes out of the zone, which stays", async () => {
    await running.stack.destroy();
    assert.deepEqual(await zone(), others);
    assert.deepEqual(running.cloud.problems, []);
  });
});
