import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseNode, type DatabaseNodeArgs } from "../../../../components/roles/database";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";

function args(changes: Partial<DatabaseNodeArgs> = {}): DatabaseNodeArgs {
  return {
    environment: "prod",
    location: "nbg1",
    network: { id: 7, range: "10.0.0.0/16" },
    address: "10.0.3.11",
    serverType: "ccx33",
    sshKey: "12",
    privateKey: pulumi.secret("marker-private-key"),
    clients: ["10.0.2.11", "10.0.2.12"],
    backupClients: ["10.0.4.11"],
    protect: true,
    bastion: { host: "198.51.100.10", hostKey: "ssh-ed25519 AAAA" },
    elasticsearchImage: "elasticsearch@sha256:abc",
    ...changes,
  };
}

/** Every random password is a marker with the name of its resource. */
const markers = (type: string, name: string): Record<string, unknown> =>
  type === "random:index/randomPassword:RandomPassword" ? { result: `marker-${name}` } : {};

describe("DatabaseNode", () => {
  it("is one private, protected server with one set-up", async () => {
    const resources = await recordProgram(() => new DatabaseNode("data", args()), { outputs: markers });
    const server = resourceNamed(resources, "hcloud:index/server:Server", "data-database1-server");
    assert.equal(server.protect, true);
    assert.equal(server.inputs.name, "prod-database1");
    assert.deepEqual(server.inputs.publicNets, [{ ipv4Enabled: false, ipv6Enabled: false }]);
    assert.equal(resources.filter(({ type }) => type === "hcloud:index/volume:Volume").length, 0);
  });

  it("makes seven passwords of letters and digits", async () => {
    const resources = await recordProgram(() => new DatabaseNode("data", args()), { outputs: markers });
    const passwords = resources.filter(({ type }) => type.startsWith("random:"));
    assert.equal(passwords.length, 7);
    for (const { inputs } of passwords) assert.deepEqual([inputs.special, inputs.length], [false, 32]);
  });

  it("shows no password outside of a secret", async () => {
    const resources = await recordProgram(() => new DatabaseNode("data", args()), { outputs: markers });
    const setup = resourceNamed(resources, "command:remote:Command", "data-database1-setup");
    assert.ok(isSecretValue(setup.inputs.stdin));
    assert.ok(JSON.stringify(setup.inputs.stdin).includes("marker-data-postgresql-app"));
    assert.deepEqual(
      resources.flatMap(({ inputs }) => clearTextPaths(inputs, "marker-")),
      [],
    );
  });

  it("answers connection strings as secrets", async () => {
    let node: DatabaseNode | undefined;
    const values: unknown[] = [];
    await recordProgram(
      () => {
        node = new DatabaseNode("data", args());
        pulumi
          .all([node.databaseUrl, node.redisUrl, node.elasticsearchUrl, node.backup, node.restore])
          .apply((all) => values.push(...all));
      },
      { outputs: markers },
    );
    assert.deepEqual(values, [
      "postgresql://app:marker-data-postgresql-app@10.0.3.11:5432/app",
      "redis://app:marker-data-cache-app@10.0.3.11:6379/0",
      "http://app:marker-data-search-app@10.0.3.11:9200",
      { user: "platform_backup", password: "marker-data-postgresql-backup" },
      { user: "platform_restore", password: "marker-data-postgresql-restore" },
    ]);
    assert.ok(node !== undefined);
    for (const output of [node.databaseUrl, node.redisUrl, node.elasticsearchUrl]) {
      assert.equal(await pulumi.isSecret(output), true);
    }
    for (const output of [node.backup, node.restore]) assert.equal(await pulumi.isSecret(output), true);
  });

  it("previews with unknown passwords and images", async () => {
    const resources = await recordProgram(() => new DatabaseNode("data", args()), { preview: true });
    resourceNamed(resources, "command:remote:Command", "data-database1-setup");
  });

  it("lets in those that it is told, and nobody else; backups reach PostgreSQL only", async () => {
    const clients = pulumi.output(Promise.resolve(["10.0.2.0/24"]));
    const script = await setupScript(args({ clients }));
    const rules = [...script.matchAll(/^ {4}(ip saddr .*) accept comment "(.*)"$/gm)].map(
      ([, rule, purpose]) => `${purpose}: ${rule}`,
    );
    assert.deepEqual(rules.sort(), [
      "PostgreSQL: ip saddr { 10.0.2.0/24 } tcp dport 5432",
      "PostgreSQL: ip saddr { 10.0.4.11/32 } tcp dport 5432",
      "SSH through the bastion: ip saddr { 10.0.0.0/16 } tcp dport 22",
      "reachability: ip saddr { 10.0.0.0/16 } meta l4proto { icmp, ipv6-icmp }",
      "search: ip saddr { 10.0.2.0/24 } tcp dport 9200",
      "sessions, cache and jobs: ip saddr { 10.0.2.0/24 } tcp dport 6379",
    ]);
    assert.match(script, /^host\t"app"\t"app"\t10\.0\.2\.0\/24\tscram-sha-256$/m);
    assert.match(script, /^host\t"app",postgres\tplatform_backup\t10\.0\.4\.11\/32\tscram-sha-256$/m);
  });

  it("sets nothing up for clients that turn out to be no addresses", async () => {
    const clients = pulumi.output(Promise.resolve(["app1.example.com"]));
    const resources = await recordProgram(() => new DatabaseNode("data", args({ clients })), {
      outputs: markers,
    });
    assert.deepEqual(
      resources.filter(({ name }) => name === "data-database1-setup"),
      [],
    );
  });

  it("fails at once with everything that no database could have, each by its path, before any resource", async () => {
    let failure: unknown;
    const wrong = {
      databaseName: "my-shop",
      memoryGb: 2,
      cacheEngine: "memcached" as DatabaseNodeArgs["cacheEngine"],
      address: "10.0.3",
      clients: ["0.0.0.0/0", "app1"],
    };
    const resources = await recordProgram(() => {
      try {
        new DatabaseNode("data", args(wrong as Partial<DatabaseNodeArgs>));
      } catch (error) {
        failure = error;
      }
    });
    assert.ok(pulumi.InputPropertiesError.isInstance(failure));
    assert.deepEqual(
      failure.errors.map(({ propertyPath }) => propertyPath),
      ["address", "databaseName", "cacheEngine", "memoryGb", "clients[1]"],
    );
    assert.deepEqual(
      resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
      [],
    );
  });

  it("fails when the database's name is PostgreSQL's own", async () => {
    await recordProgram(() => {
      assert.throws(
        () => new DatabaseNode("data", args({ databaseName: "postgres" })),
        /databaseName: got "postgres"/,
      );
    });
  });
});

/** What is sent to the machine. */
async function setupScript(given: DatabaseNodeArgs): Promise<string> {
  const resources = await recordProgram(() => new DatabaseNode("data", given), { outputs: markers });
  const { value } = resourceNamed(resources, "command:remote:Command", "data-database1-setup").inputs
    .stdin as {
    value: string;
  };
  return value;
}
