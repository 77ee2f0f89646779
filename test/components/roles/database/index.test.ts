import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseNode, type DatabaseNodeArgs } from "../../../../components/roles/database";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";

function args(changes: Partial<DatabaseNodeArgs> = {}): DatabaseNodeArgs {
  return {
    settings: seedSettings,
    plan: planned(seedSettings).plan,
    serverType: "ccx33",
    context: {
      location: "nbg1",
      image: "debian-13",
      networkId: 7,
      sshKey: "12",
      privateKey: pulumi.secret("marker-private-key"),
      labels: { environment: "prod" },
    },
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

  it("fails when the database's name is not usable, before any resource", async () => {
    const settings = { ...seedSettings, database: { ...seedSettings.database, databaseName: "postgres" } };
    let failure: unknown;
    const resources = await recordProgram(() => {
      try {
        new DatabaseNode("data", args({ settings }));
      } catch (error) {
        failure = error;
      }
    });
    assert.match(String(failure), /database name "postgres" must be/);
    assert.deepEqual(
      resources.filter(({ type }) => !type.startsWith("hetzner-platform:")),
      [],
    );
  });

  it("fails with every setting that no database could have, each with its path", async () => {
    const database = {
      ...seedSettings.database,
      databaseName: "my-shop",
      memoryGb: 2,
      cacheEngine: "memcached",
    };
    const settings = { ...seedSettings, database: database as typeof seedSettings.database };
    await recordProgram(() => {
      assert.throws(
        () => new DatabaseNode("data", args({ settings, plan: planned(settings).plan })),
        /settings\.database\.databaseName: database name "my-shop".*; settings\.database\.memoryGb: got 2, allowed at least 4; settings\.database\.cacheEngine: got "memcached", allowed valkey or redis/,
      );
    });
  });
});
