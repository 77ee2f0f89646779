import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LoadBalancerPair, type LoadBalancerPairArgs } from "../../../../components/roles/edge";
import type { Backend } from "../../../../components/roles/edge/edge";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";
import { topology } from "./support/options";

const args: LoadBalancerPairArgs = {
  settings: seedSettings,
  plan: topology.plan,
  serverType: "cx23",
  context: {
    location: "nbg1",
    image: "debian-13",
    networkId: 9,
    sshKey: "deploy",
    privateKey: pulumi.secret("planted-private-key"),
    labels: { environment: "prod" },
  },
  apiToken: "planted-api-token",
  certificate: "planted-certificate",
};

const outputs = (type: string, name: string): Record<string, unknown> => {
  if (type.endsWith(":FloatingIp")) return { ipAddress: "203.0.113.10" };
  if (type.endsWith(":Server"))
    return { ipv4Address: name.includes("lb1") ? "198.51.100.11" : "198.51.100.12" };
  return type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
};

const record = (preview = false, more: Partial<LoadBalancerPairArgs> = {}) =>
  recordProgram(() => new LoadBalancerPair("edge", { ...args, ...more }), { outputs, preview });

/** What is sent to lb1. */
async function setupOf(more: Partial<LoadBalancerPairArgs>): Promise<string> {
  const setup = (await record(false, more)).find(({ name }) => name.endsWith("lb1-setup"));
  assert.ok(setup !== undefined);
  const { value } = setup.inputs.stdin as { value: string };
  // Files travel in base64.
  return value.replaceAll(/[A-Za-z0-9+/=\n]{60,}/g, (text) => {
    const decoded = Buffer.from(text.replaceAll("\n", ""), "base64").toString();
    return decoded.includes("\uFFFD") ? text : decoded;
  });
}

describe("LoadBalancerPair", function () {
  this.timeout(20_000);

  it("creates two servers in one placement group behind one firewall, and one floating IP", async () => {
    const resources = await record();
    const count = (ending: string) => resources.filter((resource) => resource.type.endsWith(ending)).length;
    assert.deepEqual(
      [":Server", ":PlacementGroup", ":Firewall", ":FloatingIp", ":FloatingIpAssignment"].map(count),
      // The pair assigns the address by itself: an assignment of Pulumi's would be undone while the agents still run.
      [2, 1, 1, 1, 0],
    );
    const servers = resources.filter((resource) => resource.type.endsWith(":Server"));
    assert.deepEqual(
      servers.map((server) => server.inputs.name),
      ["prod-lb1", "prod-lb2"],
    );
    const same = servers.map((server) => [server.inputs.placementGroupId, server.inputs.firewallIds]);
    assert.deepEqual(same[0], same[1]);
    assert.equal(
      resourceNamed(resources, "hcloud:index/placementGroup:PlacementGroup", "-spread").inputs.type,
      "spread",
    );
  });

  it("leaves the floating IP where the pair has moved it, and protects it", async () => {
    const resources = await record();
    const address = resourceNamed(resources, "hcloud:index/floatingIp:FloatingIp", "-address");
    assert.deepEqual(address.ignoreChanges, ["serverId"]);
    assert.ok(address.protect);
    assert.equal(address.inputs.deleteProtection, true);
  });

  it("gives all names once and a parent to all but the root", async () => {
    const resources = await record();
    const names = resources.map((resource) => `${resource.type} ${resource.name}`);
    assert.equal(new Set(names).size, names.length);
    for (const resource of resources.filter((one) => one.name !== "edge"))
      assert.notEqual(resource.parent, "");
  });

  it("shows token, key and certificate nowhere in clear, and sends the setups as secrets", async () => {
    const resources = await record();
    for (const marker of ["planted-api-token", "planted-private-key", "planted-certificate"]) {
      for (const resource of resources) {
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
      }
    }
    const setups = resources.filter((resource) => resource.name.endsWith("-setup"));
    assert.equal(setups.length, 2);
    for (const setup of setups) assert.ok(isSecretValue(setup.inputs.stdin), setup.name);
  });

  it("puts no secret into user data", async () => {
    for (const server of (await record()).filter((resource) => resource.type.endsWith(":Server"))) {
      assert.match(String(server.inputs.userData), /^#cloud-config\n/);
      assert.ok(!String(server.inputs.userData).includes("planted-"));
    }
  });

  it("has bastion and gateway ready without waiting for a setup", async () => {
    let host = "";
    let key = "";
    await recordProgram(
      () => {
        const pair = new LoadBalancerPair("edge", args);
        assert.equal(pair.natGateway, "10.0.1.11");
        pulumi.all([pair.bastion.host, pair.bastion.hostKey]).apply(([first, second]) => {
          host = first;
          key = second;
        });
      },
      {
        // A setup that never ends would keep everything waiting that depends on it.
        outputs: (type, name) => (name.endsWith("-setup") ? {} : outputs(type, name)),
      },
    );
    assert.equal(host, "198.51.100.11");
    assert.equal(key, "ssh-ed25519 AAAA host");
  });

  it("does not choke on what is unknown in a preview", async () => {
    const resources = await record(true);
    assert.equal(resources.filter((resource) => resource.type.endsWith(":Server")).length, 2);
  });

  it("serves servers that are no app nodes, on the port and by the health path that they have", async () => {
    const healthPath = "/up/";
    const script = await setupOf({
      backends: [
        { name: "web-a", address: "10.0.2.50", port: 8080, healthPath },
        { name: "web-b", address: "10.0.2.51", port: 8081, healthPath, maxRequests: 50 },
      ],
    });
    assert.match(script, /^ {2}server web-a 10\.0\.2\.50:8080 maxconn 1000$/m);
    assert.match(script, /^ {2}server web-b 10\.0\.2\.51:8081 maxconn 50$/m);
    assert.match(script, /http-check send meth GET uri \/up\/ ver HTTP\/1\.1 hdr Host www\.example\.com$/m);
    assert.doesNotMatch(script, /uri \/\.platform\//);
    assert.doesNotMatch(script, /server app1/);
  });

  const wrong: [string, Partial<Backend>, RegExp][] = [
    ["a name that would end a line", { name: "a\nserver b" }, /name a\nserver b: 1 to 63 letters/],
    ["an address that is none", { address: "web.example.com" }, /address web\.example\.com: an IPv4 address/],
    ["a port out of range", { port: 70_000 }, /port 70000: 1 to 65535/],
    ["a health path without a slash", { healthPath: "up" }, /healthPath up: a path that begins with a slash/],
    ["a health path of its own", { name: "b", healthPath: "/b" }, /healthPath must be the same for all/],
    ["the name of another one", {}, /names must differ/],
    ["room for no request", { maxRequests: 0 }, /maxRequests 0: 1 to/],
  ];
  for (const [name, change, message] of wrong) {
    it(`refuses a backend with ${name}`, async () => {
      const backend = { name: "a", address: "10.0.2.50" };
      await recordProgram(() => {
        assert.throws(
          () => new LoadBalancerPair("edge", { ...args, backends: [backend, { ...backend, ...change }] }),
          message,
        );
      });
    });
  }

  it("leaves the routes of somebody else's network alone when it is told to", async () => {
    assert.match(await setupOf({}), /"networkId": 9/);
    assert.match(await setupOf({ manageDefaultRoute: false }), /"networkId": null/);
  });

  it("sends journals to the machine that it is told, or to none", async () => {
    assert.match(await setupOf({}), /URL=http:\/\/10\.0\.4\.11:19532/);
    assert.match(await setupOf({ logArchive: "10.0.9.9" }), /URL=http:\/\/10\.0\.9\.9:19532/);
    assert.doesNotMatch(await setupOf({ logArchive: false }), /journal-upload/);
  });

  it("fails when there is no app node behind it", async () => {
    const alone = { ...seedSettings, app: { ...seedSettings.app, count: 0 } };
    await recordProgram(() => {
      assert.throws(
        () => new LoadBalancerPair("edge", { ...args, plan: planned(alone).plan }),
        /at least one app node/,
      );
    });
  });

  it("fails at once with everything that no pair could serve, and does not show the token", async () => {
    const settings = structuredClone(seedSettings);
    Object.assign(settings, { domain: "Shop" });
    Object.assign(settings.app.services.web ?? {}, { host: "a`) || PathPrefix(`/" });
    let failure: unknown;
    const resources = await recordProgram(() => {
      try {
        new LoadBalancerPair("edge", {
          ...args,
          settings,
          apiToken: "planted token",
          apiEndpoint: "api.hetzner.cloud",
          logArchive: "10.0.9",
          backends: [{ name: "a", address: "999.0.2.50" }],
        });
      } catch (error) {
        failure = error;
      }
    });
    for (const part of [
      /backends: a: address 999\.0\.2\.50: an IPv4 address/,
      /apiToken: got nothing or text with spaces/,
      /apiEndpoint: got "api\.hetzner\.cloud"/,
      /logArchive: got "10\.0\.9"/,
      /settings\.domain: got "Shop"/,
      /settings\.app\.services\.web\.host: got "a`\)/,
    ]) {
      assert.match(String(failure), part);
    }
    assert.doesNotMatch(String(failure), /planted/);
    assert.deepEqual(
      resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
      [],
    );
  });
});
