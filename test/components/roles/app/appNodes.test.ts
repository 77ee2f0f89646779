import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AppNodes, type AppNodesArgs } from "../../../../components/roles/app";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { services, stack } from "./support/stack";

const args: AppNodesArgs = {
  environment: "prod",
  location: "nbg1",
  network: { id: 9, range: "10.0.0.0/16" },
  addresses: ["10.0.2.11", "10.0.2.12"],
  serverType: "ccx23",
  sshKey: "deploy",
  privateKey: pulumi.secret("planted-private-key"),
  bastion: { host: "198.51.100.11", hostKey: "ssh-ed25519 AAAA" },
  domain: stack.domain,
  services,
  images: stack.images,
  traefikImage: stack.traefikImage,
  stores: { database: { DATABASE_URL: "postgresql://app:planted-password@db/app" } },
  loadBalancers: ["10.0.1.11", "10.0.1.12"],
};

const outputs = (type: string): Record<string, unknown> =>
  type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};
const record = (preview = false) => recordProgram(() => new AppNodes("app", args), { preview, outputs });

describe("AppNodes", function () {
  this.timeout(20_000);

  it("S0-3 S0-4 creates identical private servers, spread over physical hosts", async () => {
    const servers = (await record()).filter((resource) => resource.type.endsWith(":Server"));
    assert.deepEqual(
      servers.map((server) => server.inputs.name),
      ["prod-app1", "prod-app2"],
    );
    for (const server of servers) {
      assert.equal(server.inputs.serverType, "ccx23");
      assert.deepEqual(server.inputs.publicNets, [{ ipv4Enabled: false, ipv6Enabled: false }]);
      assert.ok(Number(server.inputs.placementGroupId) > 0);
    }
  });

  it("shows no secret in clear, and sends the setups as secrets", async () => {
    const resources = await record();
    for (const marker of ["planted-password", "planted-private-key"]) {
      for (const resource of resources) {
        assert.deepEqual(clearTextPaths(resource.inputs, marker), [], `${marker} in ${resource.name}`);
      }
    }
    const setups = resources.filter((resource) => resource.name.endsWith("-setup"));
    assert.equal(setups.length, 2);
    for (const setup of setups) assert.ok(isSecretValue(setup.inputs.stdin));
  });

  it("gives all names once", async () => {
    const names = (await record()).map((resource) => `${resource.type} ${resource.name}`);
    assert.equal(new Set(names).size, names.length);
  });

  it("does not choke on what is unknown in a preview", async () => {
    assert.equal((await record(true)).filter((resource) => resource.type.endsWith(":Server")).length, 2);
  });

  it("runs the services of a program that gives the shortest form of them", async () => {
    const shortest: AppNodesArgs = {
      ...args,
      services: { web: { image: "example/shop:1.4.2", port: 3000, pathPrefix: "/" } },
      images: {},
      stores: {},
    };
    const script = await setupScript(shortest);
    assert.match(script, /docker pull -q example\/shop:1\.4\.2/);
    assert.match(script, /RELEASE=1\.4\.2/);
  });

  it("lets in the load balancers that it is told, also those that are known later, and its own nodes", async () => {
    const loadBalancers = pulumi.output(Promise.resolve(["10.0.1.0/24"]));
    const script = await setupScript({ ...args, loadBalancers });
    const rules = [...script.matchAll(/^ {4}(ip saddr .*) accept comment "(.*)"$/gm)].map(
      ([, rule, purpose]) => `${purpose}: ${rule}`,
    );
    assert.deepEqual(rules.sort(), [
      "SSH through the bastion: ip saddr { 10.0.0.0/16 } tcp dport 22",
      "is there another node: ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 80",
      "reachability: ip saddr { 10.0.0.0/16 } meta l4proto { icmp, ipv6-icmp }",
      "requests: ip saddr { 10.0.1.0/24 } tcp dport 80",
    ]);
    assert.match(script, /"trustedIPs": \[\s*"10\.0\.1\.0\/24"/);
  });

  it("hands a service variables and secrets that other resources answer", async () => {
    const web = { image: "example/shop:1", port: 3000, pathPrefix: "/" };
    const script = await setupScript({
      ...args,
      services: {
        web: {
          ...web,
          environment: { MAIL: pulumi.output(Promise.resolve("mail.example.com")) },
          secrets: { KEY: "key" },
        },
      },
      images: {},
      secrets: { key: pulumi.secret("planted-later") },
    });
    assert.match(script, /^MAIL=mail\.example\.com$/m);
    assert.match(script, /^KEY=planted-later$/m);
  });

  it("sets nothing up when what comes later is wrong", async () => {
    const web = { image: "example/shop:1", port: 3000, pathPrefix: "/", secrets: { KEY: "key" } };
    for (const wrong of [
      { loadBalancers: pulumi.output(Promise.resolve(["lb.example.com"])) },
      { domain: pulumi.output(Promise.resolve("10.0.0.1")) },
      { services: { web }, images: {}, secrets: pulumi.output(Promise.resolve({ other: "x" })) },
    ]) {
      const resources = await recordProgram(() => new AppNodes("app", { ...args, ...wrong }), { outputs });
      assert.deepEqual(
        resources.filter(({ name }) => name.endsWith("-setup")),
        [],
      );
    }
  });

  it("fails at once with everything that no node could run, each by its path, before any resource", async () => {
    const web = { image: "example/shop:1", port: 3000, pathPrefix: "/" };
    const wrong: AppNodesArgs = {
      ...args,
      addresses: ["10.0.2"],
      domain: "localhost",
      services: {
        web: { ...web, secrets: { KEY: "kex" }, replicas: 33, uses: ["cache"] },
        shop: { ...web, host: "a.example.com/x", environment: { NODE_NAME: "x" } },
        api: web,
        mail: { ...web, pathPrefix: "/mail", environment: { REPLICA: pulumi.output("x"), PORT: "1" } },
      },
      images: { wep: "example/shop:2", web: "example/shop; reboot" },
      stores: {},
      secrets: { key: "planted-value" },
      loadBalancers: ["10.0.1.11", "0.0.0.0/0", "edge1"],
    };
    const failure = await failureOf(wrong);
    assert.deepEqual(
      failure.errors.map(({ propertyPath }) => propertyPath),
      [
        "addresses[0]",
        "domain",
        "services.web.replicas",
        "services.shop.host",
        "images.wep",
        "images.web",
        "stores.cache",
        "loadBalancers[2]",
      ],
    );
    assert.doesNotMatch(failure.message, /planted/);
  });

  it("tells what is wrong between values once each has its form", async () => {
    const web = { image: "example/shop:1", port: 3000, pathPrefix: "/" };
    const failure = await failureOf({
      ...args,
      services: {
        web: { ...web, secrets: { KEY: "kex" } },
        shop: { ...web, environment: { NODE_NAME: "x" }, memoryMb: 20_000 },
      },
      images: {},
      secrets: { key: "planted-value" },
    });
    assert.deepEqual(
      failure.errors.map(({ propertyPath }) => propertyPath),
      [
        "services",
        "services.shop.pathPrefix",
        "services.shop.environment.NODE_NAME",
        "services.web.secrets.KEY",
      ],
    );
    // The same path under another name is another route.
    const named = { web, shop: { ...web, host: "a.example.com" } };
    await recordProgram(() => new AppNodes("app", { ...args, services: named, images: {} }));
  });

  it("fails when nobody could be served", async () => {
    const failure = await failureOf({
      ...args,
      services: { worker: { image: "example/shop:1" } },
      images: {},
    });
    assert.deepEqual(
      failure.errors.map(({ propertyPath }) => propertyPath),
      ["services"],
    );
  });
});

/** What is sent to the first machine. */
async function setupScript(given: AppNodesArgs): Promise<string> {
  const resources = await recordProgram(() => new AppNodes("app", given), { outputs });
  const { value } = resourceNamed(resources, "command:remote:Command", "app-app1-setup").inputs.stdin as {
    value: string;
  };
  return value;
}

/** Why a component is refused; it has made nothing. */
async function failureOf(given: AppNodesArgs): Promise<pulumi.InputPropertiesError> {
  let failure: unknown;
  const resources = await recordProgram(() => {
    try {
      new AppNodes("app", given);
    } catch (error) {
      failure = error;
    }
  });
  assert.ok(pulumi.InputPropertiesError.isInstance(failure), String(failure));
  assert.deepEqual(
    resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
    [],
  );
  return failure;
}
