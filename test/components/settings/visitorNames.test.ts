import assert from "node:assert/strict";
import { allNames, type NamedSettings, visitorNames } from "../../../components/settings/visitorNames";

const domain = "www.example.com";
const site = { web: { sites: { docs: { pathPrefix: "/docs" } } } };

describe("visitorNames", () => {
  const cases: [string, Omit<NamedSettings, "domain">, readonly string[]][] = [
    ["nothing is known of services: the domain alone", {}, [domain]],
    ["a service without a host answers under the domain", services({ web: {} }), [domain]],
    [
      "hosts of services and of the web servers' sites come after it, each once",
      {
        ...services({ web: {}, shop: { host: "shop.example.com" }, old: { host: "shop.example.com" } }),
        web: { sites: { docs: { pathPrefix: "/", host: "docs.example.com" } } },
      },
      [domain, "docs.example.com", "shop.example.com"],
    ],
    [
      "a site without a host answers under it too",
      { ...services({ api: { host: "api.example.com" } }), ...site },
      [domain, "api.example.com"],
    ],
    [
      "a service may name it as its host",
      services({ web: { host: domain }, api: { host: "api.example.com" } }),
      [domain, "api.example.com"],
    ],
    [
      "it is another platform's where everybody has another host: the shortest prefix is the first",
      services({
        api: { host: "qa.api.example.com", pathPrefix: "/v1" },
        common: { host: "qa.common.example.com" },
        sales: { host: "qa.sales.example.com" },
      }),
      ["qa.common.example.com", "qa.api.example.com", "qa.sales.example.com"],
    ],
    [
      "workers have no name",
      services({ web: {}, worker: { pathPrefix: undefined, host: "worker.example.com" } }),
      [domain],
    ],
  ];
  for (const [title, settings, served] of cases) {
    it(title, () => {
      assert.deepEqual(visitorNames({ domain, ...settings }), { served, aliases: [] });
    });
  }

  it("aliases stand in the certificate, once, and are not served", () => {
    const names = visitorNames({ domain, aliases: ["example.com"], ...services({ web: {} }) });
    assert.deepEqual(names, { served: [domain], aliases: ["example.com"] });
    assert.deepEqual(allNames(names), [domain, "example.com"]);
  });
});

function services(all: Readonly<Record<string, { pathPrefix?: string | undefined; host?: string }>>) {
  const complete = Object.entries(all).map(([name, one]) => [name, { pathPrefix: "/", ...one }]);
  return { app: { services: Object.fromEntries(complete) } };
}
