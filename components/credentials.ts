import type { AppNodesArgs } from "./roles/app";
import type { DatabaseNode } from "./roles/database";
import type { StorageNode } from "./roles/storage";
import type { RegistrySettings } from "./settings/platformWide";
import type { RegistryCredential } from "./setup/docker";

/** By what names services find the stores. */
export function storeEnvironments(
  database: DatabaseNode,
  storage: StorageNode,
): Required<AppNodesArgs>["stores"] {
  return {
    database: { DATABASE_URL: database.databaseUrl },
    cache: { REDIS_URL: database.redisUrl },
    search: { ELASTICSEARCH_URL: database.elasticsearchUrl },
    objectStore: {
      S3_ENDPOINT: storage.s3Endpoint,
      S3_REGION: storage.region,
      S3_BUCKET: storage.bucket,
      S3_ACCESS_KEY_ID: storage.accessKeyId,
      S3_SECRET_ACCESS_KEY: storage.secretAccessKey,
    },
  };
}

/**
 * The logins of registries, complete.
 *
 * @throws when a registry's password is not among the secrets
 */
export function registryLogins(
  registries: readonly RegistrySettings[],
  secrets: Readonly<Record<string, string>>,
): RegistryCredential[] {
  return registries.map(({ host, username, passwordSecret }) => {
    const password = secrets[passwordSecret];
    if (password === undefined) throw new Error(`registry ${host}: no secret of the name in passwordSecret`);
    return { host, username, password };
  });
}
