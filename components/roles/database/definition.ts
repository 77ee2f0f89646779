import { defineRole, type WideWith } from "../../machine/roleDefinition";
import { type Offers, orderedAs, privateArgs, type Surroundings } from "../../machine/surroundings";
import { onlyMachineOf } from "../../plan/plan";
import { Store } from "../../settings/store";
import { DatabaseNode, type DatabaseNodeArgs } from ".";
import { databaseRole } from "./role";
import { type DatabaseSettings, databaseImages, databaseSettings, databaseSettled } from "./settings";
import { databaseClients } from "./setup";

/** The database node in a platform. */
export const databaseDefinition = defineRole({
  ...databaseSettings,
  images: databaseImages,
  settled: databaseSettled,
  role: (section, { images }) => databaseRole(section, images.elasticsearch),
  create: (section, surroundings, { name, parent }) => {
    // Before release 0.2.
    const aliases = [{ name: name.replace(/database$/, "data") }];
    const node = new DatabaseNode(
      name,
      databaseArgs(section, surroundings),
      { parent, aliases },
      surroundings.platform,
    );
    return {
      component: node,
      serverIds: node.serverId.apply((id) => [id]),
      configured: node.configured,
      offers: offersOfDatabase(node, section),
    };
  },
});

/** Of a platform, what its database node needs to know. */
export function databaseArgs(
  section: DatabaseSettings,
  surroundings: Surroundings<WideWith<typeof databaseImages>>,
): DatabaseNodeArgs {
  const { wide, platform, resolveImage } = surroundings;
  const clients = databaseClients(platform.plan);
  return {
    ...privateArgs(surroundings),
    ...orderedAs(section, wide),
    address: onlyMachineOf(platform.plan, "database").privateIp,
    databaseName: section.databaseName,
    cacheEngine: section.cacheEngine,
    elasticsearchImage: resolveImage(wide.images.elasticsearch),
    clients: [...clients.application],
    backupClients: [...clients.backup],
    ...(wide.acceptChange !== undefined && { acceptChange: [...wide.acceptChange] }),
  };
}

/** What others need of it. */
export function offersOfDatabase(node: DatabaseNode, { databaseName }: DatabaseSettings): Offers {
  return {
    [Store.Database]: {
      environment: { DATABASE_URL: node.databaseUrl },
      database: { name: databaseName, backup: node.backup, restore: node.restore },
    },
    [Store.Cache]: { environment: { REDIS_URL: node.redisUrl } },
    [Store.Search]: { environment: { ELASTICSEARCH_URL: node.elasticsearchUrl } },
  };
}
