import assert from "node:assert/strict";
import { unprotected } from "../../policy/data";

const of = (kind: string, labels: object, protection: { hetzner: boolean; pulumi: boolean }) => ({
  type: `hcloud:index/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`,
  props: { labels, deleteProtection: protection.hetzner },
  opts: {
    protect: protection.pulumi,
    ignoreChanges: [],
    aliases: [],
    additionalSecretOutputs: [],
    customTimeouts: {},
  } as never,
});
const both = { hetzner: true, pulumi: true };
const none = { hetzner: false, pulumi: false };
const prod = { environment: "prod" };

describe("policy: data of production is protected", () => {
  for (const [what, resource, problems] of [
    ["a volume that is", of("Volume", prod, both), 0],
    ["a volume that is not", of("Volume", prod, none), 2],
    ["a volume that pulumi alone would delete", of("Volume", prod, { hetzner: true, pulumi: false }), 1],
    ["a floating IP that Hetzner would delete", of("FloatingIp", prod, { hetzner: false, pulumi: true }), 1],
    ["a database server", of("Server", { ...prod, role: "database" }, none), 2],
    ["an app server, which holds no data", of("Server", { ...prod, role: "app" }, none), 0],
    ["a volume of a test stack", of("Volume", { environment: "qa" }, none), 0],
    ["a network, which holds no data", of("Network", prod, none), 0],
  ] as const) {
    it(`finds ${problems} of ${what}`, () => assert.equal(unprotected(resource, {}).length, problems));
  }

  it("is told which environments are production, and what to do", () => {
    const live = of("Volume", { environment: "live" }, { hetzner: true, pulumi: false });
    assert.deepEqual(unprotected(live, { environments: ["live"] }), [
      "pulumi would delete it, and its data: set the resource option protect, or protect: true",
    ]);
    assert.deepEqual(unprotected(of("Volume", prod, none), { environments: ["live"] }), []);
  });
});
