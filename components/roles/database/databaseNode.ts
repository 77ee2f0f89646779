import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { refuseInputs } from "../../machine/inputErrors";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs, only } from "../../machine/roleMachines";
import { type MachinePlan, onlyMachineOf } from "../../plan/plan";
import {
  backupRole,
  type DatabaseCredential,
  defaultDatabaseName,
  postgresqlPort,
  restoreRole,
} from "../../settings/databaseAccess";
import { type DatabaseNodeArgs, databaseProblems } from "./inputs";
import { databasePlan, nodeSetup } from "./nodeSetup";
import { cachePort, searchPort } from "./role";
import type { DatabaseSecrets } from "./setup";

/**
 * One private machine with PostgreSQL 17, Valkey or Redis, and Elasticsearch 8, each with its share of the
 * memory, its own users and random passwords. PostgreSQL admits the application from the app nodes and the
 * backup from the storage node, nobody else.
 *
 * Rotating a password: `pulumi up --replace` of the password's URN, which changes the service and its clients.
 *
 * Cost: the server type; no public address, no volume.
 *
 * @throws InputPropertiesError with everything that no database could have, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { DatabaseNode } from "hetzner-platform";
 *
 * const database = new DatabaseNode("shop", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   address: "10.20.3.11",
 *   serverType: "ccx23",
 *   sshKey: "deploy",
 *   privateKey: new pulumi.Config().requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   databaseName: "shop",
 *   elasticsearchImage: "elasticsearch:8.19.21",
 *   clients: ["10.20.1.21", "10.20.1.22"],
 *   protect: true,
 * });
 *
 * export const databaseUrl = database.databaseUrl;
 * ```
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

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: DatabaseNodeArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:DatabaseNode", name, {}, opts);
    refuseInputs(`DatabaseNode ${name}`, databaseProblems(args));
    const secrets = createSecrets(name, this);
    const node = onlyMachineOf(databasePlan(name, args, platform), "database");
    const { serverIds, configured } = createNode(name, args, platform, { node, secrets, parent: this });

    const urls = storeUrls(node, args, secrets);
    this.databaseUrl = urls.database;
    this.redisUrl = urls.cache;
    this.elasticsearchUrl = urls.search;
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

function createNode(
  name: string,
  args: DatabaseNodeArgs,
  platform: PlatformContext | undefined,
  { node, secrets, parent }: NodeParts,
) {
  const { serverType, bastion, protect } = args;
  const machines = createMachines(
    name,
    {
      machines: [node],
      setup: () => nodeSetup(name, args, platform, secrets),
      serverType,
      context: machineContext(name, args, platform),
      bastion,
      ...(protect !== undefined && { protect }),
      // Before release 0.2.
      formerNames: () => [name],
    },
    parent,
  );
  return groupOutputs([node], machines);
}

interface NodeParts {
  readonly node: MachinePlan;
  readonly secrets: pulumi.Output<DatabaseSecrets>;
  readonly parent: DatabaseNode;
}

/** Where the application finds the stores, its logins included. */
function storeUrls(
  { privateIp }: MachinePlan,
  { databaseName = defaultDatabaseName }: DatabaseNodeArgs,
  secrets: pulumi.Output<DatabaseSecrets>,
) {
  return {
    database: secrets.apply(
      ({ postgresql }) =>
        `postgresql://${databaseName}:${postgresql.application}@${privateIp}:${postgresqlPort}/${databaseName}`,
    ),
    cache: secrets.apply(({ cache }) => `redis://app:${cache.application}@${privateIp}:${cachePort}/0`),
    search: secrets.apply(({ search }) => `http://app:${search.application}@${privateIp}:${searchPort}`),
  };
}

function createSecrets(name: string, parent: DatabaseNode): pulumi.Output<DatabaseSecrets> {
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
