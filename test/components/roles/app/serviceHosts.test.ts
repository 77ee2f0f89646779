import assert from "node:assert/strict";
import { planPlatform } from "../../../../components/presets";
import { SettingsError } from "../../../../components/settings/problems";
import { parseSettings } from "../../../../components/stack/parse";

const image = "example/shop:1";
const service = { image, port: 3000, pathPrefix: "/" };

function values(serviceHosts: string | undefined, services: object, more: object = {}) {
  return {
    domain: "dhanman.com",
    adminRanges: ["198.51.100.7/32"],
    app: { services, ...(serviceHosts !== undefined && { serviceHosts }) },
    ...more,
  };
}

function hosts(serviceHosts: string | undefined, services: object) {
  const settings = parseSettings(values(serviceHosts, services), "qa");
  const found = Object.entries(settings.app.services).map(([name, { host }]) => [name, host]);
  return { hosts: Object.fromEntries(found), names: planPlatform(settings).names?.served };
}

function problems(serviceHosts: string, services: object, more: object = {}): string {
  try {
    parseSettings(values(serviceHosts, services, more), "qa");
    return "";
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message;
  }
}

describe("a host name for each service", () => {
  const services = { common: service, sales: service, worker: { image } };

  it("is made of its name and the domain; workers have none, and the domain is another platform's", () => {
    assert.deepEqual(hosts("{service}.{domain}", services), {
      hosts: { common: "common.dhanman.com", sales: "sales.dhanman.com", worker: undefined },
      names: ["common.dhanman.com", "sales.dhanman.com"],
    });
  });

  it("follows the template of the stack", () => {
    assert.deepEqual(hosts("qa.{service}.{domain}", services).names, [
      "qa.common.dhanman.com",
      "qa.sales.dhanman.com",
    ]);
  });

  it("is its own where it has one, the domain among them, which so is served first", () => {
    const own = {
      ...services,
      site: { ...service, host: "dhanman.com" },
      old: { ...service, host: "old.example" },
    };
    assert.deepEqual(hosts("{service}.{domain}", own).names, [
      "dhanman.com",
      "common.dhanman.com",
      "old.example",
      "sales.dhanman.com",
    ]);
  });

  it("is nothing without a template", () => {
    const apart = { common: service, sales: { ...service, pathPrefix: "/sales" } };
    assert.deepEqual(hosts(undefined, apart), {
      hosts: { common: undefined, sales: undefined },
      names: ["dhanman.com"],
    });
  });

  for (const template of [
    "{domain}",
    "api.{domain}",
    "{service}",
    "{Service}.{domain}",
    "{service}..{domain}",
    "{service}.{zone}",
  ]) {
    it(`fails with the template ${template}, which makes no host names`, () => {
      assert.match(problems(template, services), /app\.serviceHosts: .*qa\.\{service\}\.\{domain\}/);
    });
  }

  it("fails where the template and a long name make no host name, and names the service", () => {
    const long = { ...services, [`s${"x".repeat(57)}`]: service };
    assert.match(
      problems("preview-{service}.{domain}", long),
      /app\.serviceHosts: .*makes preview-sx+\.dhanman\.com of service sx+,.*63 characters/,
    );
  });

  it("fails where another service has host and prefix already", () => {
    const twice = { ...services, old: { ...service, host: "sales.dhanman.com" } };
    assert.match(
      problems("{service}.{domain}", twice),
      /pathPrefix: got "\/".*has this one under host sales\.dhanman\.com/,
    );
  });

  it("fails where a site of the web servers has host and prefix already", () => {
    const web = { sites: { docs: { host: "sales.dhanman.com" } } };
    assert.match(
      problems("{service}.{domain}", services, { web }),
      /web\.sites\.docs\.pathPrefix: .*app\.services\.sales has this one under host sales\.dhanman\.com/,
    );
  });

  it("fails where an alias would send its visitors away", () => {
    const own = { ...services, site: { ...service, host: "dhanman.com" } };
    assert.match(problems("{service}.{domain}", own, { aliases: ["sales.dhanman.com"] }), /aliases\[0\]/);
  });

  it("fails when there are more than a certificate by ACME has room for", () => {
    const many = Object.fromEntries(
      Array.from({ length: 101 }, (_, index) => [`s${index}`, { ...service, memoryMb: 32 }]),
    );
    assert.match(problems("{service}.{domain}", many), /app\.services: got 101 names.*at most 100/);
  });
});
