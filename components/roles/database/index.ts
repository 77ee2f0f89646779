import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { containerHost } from "../../machine/base";
import { createMachines, groupOutputs, only } from "../../machine/machineGroup";
import type { PrivateRoleArgs } from "../../machine/roleArgs";
import { onlyMachineOf } from "../../plan/plan";
import { mergeSetups } from "../../setup/merge";
import { databaseNameRule, isDatabaseName } from "./databaseName";
import { databaseIdentity } from "./identity";
import { leavingDatabase } from "./leaving";
import { minimumDatabaseMemoryGb } from "./memoryPlan";
import { backupRole, restoreRole } from "./postgresRoles";
import { cachePort, postgresqlPort, searchPort } from "./role";
import { CacheEngine, type DatabaseSettings } from "./settings";
import { databaseSetup } from "./setup";

/** Of the settings, the node takes its size, database name and cache engine. */
export interface DatabaseNodeArgs extends PrivateRoleArgs {
  /** Elasticsearch 8 by digest: `elasticsearch@sha256:...`. */
  readonly elasticsearchImage: pulumi.Input<string>;
}

/** A login of PostgreSQL. */
export interface DatabaseCredential {
  readonly user: string;
  /** Secret. */
  readonly password: string;
}

/**
 * One private machine with PostgreSQL 17, Valkey or Redis, and Elasticsearch 8, each with its share of the
 * memory, its own users and random passwords. PostgreSQL admits the application from the app nodes and the
 * backup from the storage node, nobody else.
 *
 * Rotating a password: `pulumi up --replace` of the password's URN, which changes the service and its clients.
 *
 * Cost: the server type; no public address, no volume.
 *
 * @throws when the machine has less than 4 GB of memory or the database's name is not usable
 */
export class DatabaseNode extends pulumi.ComponentResource {
  /** `postgresql://USER:PASSWORD@ADDRESS:5432/DATABASE`. Secret. */
  public readonly databaseUrl: pulumi.Output<string>;
  /** `redis://app:PASSWORD@ADDRESS:6379/0`. Secret. */
  public readonly redisUrl: pulumi.Output<string>;
  /** `http://app:PASSWORD@ADDRESS:9200`. Secret. */
  public readonly elasticsearchUrl: pulumi.Output<string>;
  /** Superuser that takes backups, read-only unless it says otherwise, from the storage node only. Secret. */
  public readonly backup: pulumi.Output<DatabaseCredential>;
  /** Superuser that fills databases for restored backups, from the storage node only. Secret. */
  public readonly restore: pulumi.Output<DatabaseCredential>;
  public readonly serverId: pulumi.Output<number>;
  /** Host name; resolves when the setup has succeeded. */
  public readonly configured: pulumi.Output<string>;

  constructor(name: string, args: DatabaseNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:DatabaseNode", name, {}, opts);
    const { settings, plan, serverType, context, bastion, registries } = args;
    const { registryMirror } = settings.images;
    const { databaseName } = settings.database;
    const node = onlyMachineOf(plan, "database");
    const problems = databaseProblems(settings.database, node.size.memoryGb);
    if (problems.length > 0) throw new pulumi.ResourceError(problems.join("; "), this);

    const secrets = createSecrets(name, this);
    const base = { ...settings, registryMirror, registries, leaving: leavingDatabase };
    const setup = pulumi
      .all([secrets, args.elasticsearchImage])
      .apply(([values, image]) =>
        containerHost(
          node,
          plan,
          base,
          mergeSetups(
            databaseIdentity(settings),
            databaseSetup(node, plan, settings.database, image, values),
          ),
        ),
      );
    const machines = createMachines(
      name,
      {
        machines: [node],
        setup: () => setup,
        serverType,
        context,
        bastion,
        protect: settings.protect,
        // Before release 0.2.
        formerNames: () => [name],
      },
      this,
    );
    const { serverIds, configured } = groupOutputs([node], machines);

    const at = (port: number) => `${node.privateIp}:${port}`;
    this.databaseUrl = secrets.apply(
      ({ postgresql }) =>
        `postgresql://${databaseName}:${postgresql.application}@${at(postgresqlPort)}/${databaseName}`,
    );
    this.redisUrl = secrets.apply(({ cache }) => `redis://app:${cache.application}@${at(cachePort)}/0`);
    this.elasticsearchUrl = secrets.apply(
      ({ search }) => `http://app:${search.application}@${at(searchPort)}`,
    );
    this.backup = secrets.apply(({ postgresql }) => ({ user: backupRole, password: postgresql.backup }));
    this.restore = secrets.apply(({ postgresql }) => ({ user: restoreRole, password: postgresql.restore }));
    this.serverId = serverIds.apply(only);
    this.configured = configured.apply(only);
    this.registerOutputs({
      databaseUrl: this.databaseUrl,
      redisUrl: this.redisUrl,
      elasticsearchUrl: this.elasticsearchUrl,
      backup: this.backup,
      restore: this.restore,
      serverId: this.serverId,
      configured: this.configured,
    });
  }
}

/** Everything that is wrong and can be known before any resource is made. */
function databaseProblems({ databaseName, cacheEngine }: DatabaseSettings, memoryGb: number): string[] {
  const path = "settings.database";
  const engines: readonly string[] = Object.values(CacheEngine);
  return [
    ...(isDatabaseName(databaseName)
      ? []
      : [`${path}.databaseName: database name ${JSON.stringify(databaseName)} must be ${databaseNameRule}`]),
    ...(memoryGb >= minimumDatabaseMemoryGb
      ? []
      : [`${path}.memoryGb: got ${memoryGb}, allowed at least ${minimumDatabaseMemoryGb}`]),
    ...(engines.includes(cacheEngine)
      ? []
      : [`${path}.cacheEngine: got ${JSON.stringify(cacheEngine)}, allowed ${engines.join(" or ")}`]),
  ];
}

function createSecrets(name: string, parent: DatabaseNode) {
  const password = (role: string) =>
    // Letters and digits only: they stand unquoted in URLs and configuration files.
    pulumi.secret(
      new random.RandomPassword(`${name}-${role}`, { length: 32, special: false }, { parent }).result,
    );
  return pulumi.output({
    postgresql: {
      application: password("postgresql-app"),
      backup: password("postgresql-backup"),
      restore: password("postgresql-restore"),
    },
    cache: { application: password("cache-app"), admin: password("cache-admin") },
    search: { application: password("search-app"), admin: password("search-admin") },
  });
}
