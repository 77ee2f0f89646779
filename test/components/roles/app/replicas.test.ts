import assert from "node:assert/strict";
import { planReplicas } from "../../../../components/roles/app/replicas";
import type { ServiceSettings } from "../../../../components/roles/app/settings";
import { services } from "./support/stack";

const addresses = (from: Readonly<Record<string, ServiceSettings>>) =>
  new Map(planReplicas(from).map((replica) => [replica.name, replica.address]));

describe("planReplicas", () => {
  it("S0-5 S0-6 S0-7 S0-8 plans web 2, admin 1, api 2 and workers 2", () => {
    assert.deepEqual(
      planReplicas(services).map((replica) => replica.name),
      ["admin-1", "api-1", "api-2", "web-1", "web-2", "worker-1", "worker-2"],
    );
  });

  it("gives each replica an address of its own inside the container range", () => {
    const given = [...addresses(services).values()];
    assert.equal(new Set(given).size, given.length);
    for (const address of given) assert.match(address, /^172\.20\.([1-9]|\d\d|1\d\d|2[0-4]\d|25[0-4])\.\d+$/);
  });

  it("leaves addresses where they are when a service is added, removed or scaled", () => {
    const before = addresses(services);
    const { admin, ...without } = services;
    const web = services.web;
    assert.ok(admin !== undefined && web !== undefined);
    for (const changed of [
      without,
      { ...services, blog: admin },
      { ...services, web: { ...web, replicas: 5 } },
    ]) {
      for (const [name, address] of addresses(changed)) {
        if (before.has(name)) assert.equal(address, before.get(name), name);
      }
    }
  });

  it("S3-3: finds every service a block, however many there are", () => {
    const admin = services.admin;
    assert.ok(admin !== undefined);
    const many = Object.fromEntries(Array.from({ length: 254 }, (_, index) => [`service${index}`, admin]));
    assert.equal(new Set(addresses(many).values()).size, 254);
  });

  it("fails when a service has more replicas than a block has room for", () => {
    const web = services.web;
    assert.ok(web !== undefined);
    assert.throws(() => planReplicas({ web: { ...web, replicas: 33 } }), /web: at most 32 replicas, got 33/);
  });
});
