import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ContainerMachines, type ContainerMachinesArgs } from "../../../../components/roles/container";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";

const odoo = { image: "odoo:18.0", memoryMb: 2048, ports: [{ port: 8069, from: ["10.0.1.0/24"] }] };
const args: ContainerMachinesArgs = {
  role: "erp",
  environment: "prod",
  location: "nbg1",
  network: { id: 9, range: "10.0.0.0/16" },
  addresses: ["10.0.20.11", "10.0.20.12"],
  serverType: "cpx32",
  sshKey: "deploy",
  privateKey: pulumi.secret("planted-private-key"),
  bastion: { host: "198.51.100.11", hostKey: "ssh-ed25519 AAAA" },
  containers: { odoo },
  protect: true,
};

const outputs = (type: string): Record<string, unknown> =>
  type.endsWith(":Command") ? { stdout: "ssh-ed25519 AAAA host\n" } : {};

describe("ContainerMachines", function () {
  this.timeout(20_000);

  it("are private, protected servers of their role, spread over physical hosts", async () => {
    const resources = await recordProgram(() => new ContainerMachines("shop", args), { outputs });
    const servers = resources.filter(({ type }) => type.endsWith(":Server"));
    assert.deepEqual(
      servers.map(({ name, protect, inputs }) => [name, protect, inputs.name, inputs.publicNets]),
      ["erp1", "erp2"].map((machine) => [
        `shop-${machine}-server`,
        true,
        `prod-${machine}`,
        [{ ipv4Enabled: false, ipv6Enabled: false }],
      ]),
    );
    for (const { inputs } of servers) assert.ok(Number(inputs.placementGroupId) > 0);
  });

  it("let in exactly those that their ports name, also those that are known later", async () => {
    const later = pulumi.output(Promise.resolve("10.0.2.0/24"));
    const ports = [
      { port: 8069, from: ["10.0.1.0/24", later] },
      { port: 8072, from: pulumi.output(["any"]) },
      { port: 53, protocol: "udp" as const, from: ["erp"] },
      { port: 9000 },
    ];
    const script = await setupScript({ ...args, containers: { odoo: { ...odoo, ports } } });
    const rules = [...script.matchAll(/^ {4}(ip saddr .*dport (?!22 ).*) accept comment/gm)].map(
      ([, rule]) => rule,
    );
    assert.deepEqual(rules, [
      "ip saddr { 10.0.20.11, 10.0.20.12 } udp dport 53",
      "ip saddr { 10.0.1.0/24 } tcp dport 8069",
      "ip saddr { 10.0.2.0/24 } tcp dport 8069",
      "ip saddr { 10.0.0.0/16 } tcp dport 8072",
    ]);
  });

  it("hand over stores and secrets, and show neither in clear", async () => {
    const given: ContainerMachinesArgs = {
      ...args,
      containers: { odoo: { ...odoo, secrets: { ADMIN: "erpPassword" }, environment: { LANG: "C" } } },
      stores: { database: { DATABASE_URL: pulumi.secret("planted-url") } },
      secrets: { erpPassword: pulumi.secret("planted-password") },
    };
    const resources = await recordProgram(() => new ContainerMachines("shop", given), { outputs });
    const { stdin } = resourceNamed(resources, "command:remote:Command", "shop-erp1-setup").inputs;
    assert.ok(isSecretValue(stdin));
    const { value } = stdin as { value: string };
    assert.match(value, /^DATABASE_URL=planted-url\nADMIN=planted-password$/m);
    assert.match(value, /^LANG=C\nNODE_NAME=prod-erp1$/m);
    assert.deepEqual(
      resources.flatMap(({ inputs }) => clearTextPaths(inputs, "planted-")),
      [],
    );
  });

  it("run what another resource answers instead of the image that a container names", async () => {
    const digest = `registry.example.com/odoo@sha256:${"a".repeat(64)}`;
    const script = await setupScript({ ...args, images: { odoo: pulumi.output(digest) } });
    assert.match(script, new RegExp(`docker pull -q ${digest}`));
    assert.doesNotMatch(script, /odoo:18/);
  });

  it("have a volume each, protected and attached, which nothing replaces", async () => {
    const given: ContainerMachinesArgs = {
      ...args,
      containers: { odoo: { ...odoo, data: "/var/lib/odoo", dataUser: 101 } },
      services: { reports: { exec: "/usr/bin/python3 -m http.server 9000", environment: { LANG: "C" } } },
      volumeGb: 50,
    };
    const resources = await recordProgram(() => new ContainerMachines("shop", given), { outputs });
    const volumes = resources.filter(({ type }) => type === "hcloud:index/volume:Volume");
    assert.deepEqual(
      volumes.map(({ name, protect, inputs }) => [name, protect, inputs.name, inputs.size, inputs.format]),
      ["erp1", "erp2"].map((one) => [`shop-${one}-volume`, true, `prod-${one}-volume`, 50, "ext4"]),
    );
    assert.ok(volumes.every(({ inputs }) => inputs.deleteProtection));
    assert.equal(resources.filter(({ type }) => type.endsWith(":VolumeAttachment")).length, 2);
    const script = await setupScript(given);
    assert.match(script, /--volume=\/srv\/data\/odoo:\/var\/lib\/odoo/);
    assert.match(script, /^WorkingDirectory=\/srv\/data\/reports$/m);
    assert.match(script, /prod-erp1/);
  });

  it("need no Docker when they run services only, and no volume when they keep nothing", async () => {
    const { containers: _, ...rest } = args;
    const given: ContainerMachinesArgs = { ...rest, services: { sleeper: { exec: "/usr/bin/sleep 9" } } };
    const resources = await recordProgram(() => new ContainerMachines("shop", given), { outputs });
    assert.deepEqual(
      resources.filter(({ type }) => type.includes(":Volume")),
      [],
    );
    const script = await setupScript(given);
    assert.match(script, /^ExecStart=\/usr\/bin\/sleep 9$/m);
    assert.doesNotMatch(script, /docker\.service/);
  });

  it("preview with what is unknown", async () => {
    const resources = await recordProgram(() => new ContainerMachines("shop", args), { preview: true });
    assert.equal(resources.filter(({ type }) => type.endsWith(":Server")).length, 2);
  });

  it("fail at once with everything that no machine could run, each by its path, before any resource", async () => {
    const ports = [{ port: 8069, from: ["edge"] }];
    assert.deepEqual(
      await pathsOf({
        ...args,
        addresses: [],
        serverType: "cx99",
        containers: { odoo: { ...odoo, image: "odoo", ports: [{ port: 0 }] } },
        images: { odo: "odoo:18.0" },
      }),
      ["serverType", "addresses", "containers.odoo.image", "containers.odoo.ports[0].port", "images.odo"],
    );
    assert.deepEqual(await pathsOf({ ...args, containers: { odoo: { ...odoo, ports, memoryMb: 9000 } } }), [
      "containers.odoo.ports[0].from",
      "containers",
    ]);
    assert.deepEqual(await pathsOf({ ...args, role: "ERP 1" }), ["role"]);
    assert.deepEqual(await pathsOf({ ...args, role: "any" }), ["role"]);
  });

  it("set nothing up when what comes later is wrong", async () => {
    const from = pulumi.output(Promise.resolve(["edge"]));
    const wrong = { ...args, containers: { odoo: { ...odoo, ports: [{ port: 8069, from }] } } };
    const resources = await recordProgram(() => new ContainerMachines("shop", wrong), { outputs });
    assert.deepEqual(
      resources.filter(({ name }) => name.endsWith("-setup")),
      [],
    );
  });
});

/** What is sent to the first machine. */
async function setupScript(given: ContainerMachinesArgs): Promise<string> {
  const resources = await recordProgram(() => new ContainerMachines("shop", given), { outputs });
  const { value } = resourceNamed(resources, "command:remote:Command", "shop-erp1-setup").inputs.stdin as {
    value: string;
  };
  return value;
}

/** The arguments for which a component is refused; it has made nothing. */
async function pathsOf(given: ContainerMachinesArgs): Promise<string[]> {
  let failure: unknown;
  const resources = await recordProgram(() => {
    try {
      new ContainerMachines("shop", given);
    } catch (error) {
      failure = error;
    }
  });
  assert.ok(pulumi.InputPropertiesError.isInstance(failure), String(failure));
  assert.deepEqual(
    resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
    [],
  );
  return failure.errors.map(({ propertyPath }) => propertyPath);
}
