import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type Backend, LoadBalancerPair, type LoadBalancerPairArgs } from "../../../../components/roles/edge";
import { recordProgram } from "../../../support/mocks";
import { args, record } from "./support/pair";

/** Nothing of it can be right. */
const hopeless: LoadBalancerPairArgs = {
  ...args,
  network: { id: 9, range: "10.0.0.0" },
  addresses: ["10.0.1.11", "10.0.1"],
  serverType: "cx99",
  domain: "Shop",
  otherDomains: ["a`) || PathPrefix(`/"],
  adminRanges: ["198.51.100.1"],
  retries: 4,
  timeoutSeconds: 0,
  cdn: { ranges: [] },
  originSecret: "planted secret",
  limits: { burst: 10 },
  apiToken: "planted token",
  apiEndpoint: "api.hetzner.cloud",
  logArchive: "10.0.9",
  backends: [],
};

describe("inputs of a LoadBalancerPair", function () {
  this.timeout(20_000);

  const wrong: [string, Partial<Backend>, RegExp][] = [
    [
      "a name that would end a line",
      { name: "a\nserver b" },
      /backends\[1\]\.name: got "a\\nserver b", allowed 1 to 63/,
    ],
    [
      "an address that is none",
      { address: "web.example.com" },
      /backends\[1\]\.address: got "web\.example\.com"/,
    ],
    [
      "a port out of range",
      { name: "b", port: 70_000 },
      /backends\[1\]\.port: got 70000, allowed 1 to 65535/,
    ],
    [
      "a health path without a slash",
      { name: "b", healthPath: "up" },
      /backends\[1\]\.healthPath: got "up", allowed a path/,
    ],
    [
      "a health path of its own",
      { name: "b", healthPath: "/b" },
      /backends: .* allowed the same healthPath for all/,
    ],
    ["the name of another one", {}, /backends: got \["a","a"\], allowed names that differ/],
    ["room for no request", { name: "b", maxRequests: 0 }, /backends\[1\]\.maxRequests: got 0, allowed 1 to/],
  ];
  for (const [name, change, message] of wrong) {
    const backend = { name: "a", address: "10.0.2.50" };
    const backends = [backend, { ...backend, ...change }];
    it(`refuses a backend with ${name}`, async () => {
      await recordProgram(() => {
        assert.throws(() => new LoadBalancerPair("edge", { ...args, backends }), message);
      });
    });
  }

  it("sets no machine up for a backend that turns out to be wrong", async () => {
    const later = (backends: Backend[]) => pulumi.output(Promise.resolve(backends));
    const setups = async (backends: Backend[]) =>
      (await record(false, { backends: later(backends) })).filter(({ name }) => name.endsWith("-setup"));
    assert.equal((await setups([{ name: "a", address: "10.0.2.50" }])).length, 2);
    assert.equal((await setups([{ name: "a", address: "web.example.com" }])).length, 0);
  });

  it("fails at once with everything that no pair could serve, each by its path, and does not show the token", async () => {
    let failure: unknown;
    const resources = await recordProgram(() => {
      try {
        new LoadBalancerPair("edge", hopeless);
      } catch (error) {
        failure = error;
      }
    });
    assert.ok(pulumi.InputPropertiesError.isInstance(failure));
    assert.deepEqual(
      failure.errors.map(({ propertyPath }) => propertyPath),
      [
        "network.range",
        "addresses[1]",
        "serverType",
        "logArchive",
        "domain",
        "otherDomains[0]",
        "adminRanges[0]",
        "retries",
        "timeoutSeconds",
        "cdn",
        "originSecret",
        "limits",
        "apiToken",
        "apiEndpoint",
        "backends",
      ],
    );
    for (const { propertyPath, reason } of failure.errors) {
      assert.match(reason, /^got .*, allowed ./, propertyPath);
      assert.ok(failure.message.includes(`${propertyPath}: ${reason}`), propertyPath);
    }
    assert.doesNotMatch(failure.message, /planted/);
    assert.deepEqual(
      resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
      [],
    );
  });
});
