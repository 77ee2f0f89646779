import { Store } from "../../settings/store";
import type { ServiceSettings } from "./settings";

/** The environment by which a service finds a store. Secret. */
export type StoreEnvironments = Readonly<Partial<Record<Store, Readonly<Record<string, string>>>>>;

/** Variables that a store's address and credentials are handed over in. */
export const storeVariables: Readonly<Record<Store, readonly string[]>> = {
  database: ["DATABASE_URL"],
  cache: ["REDIS_URL"],
  search: ["ELASTICSEARCH_URL"],
  objectStore: ["S3_ENDPOINT", "S3_REGION", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"],
};

/** Variables that the platform sets in every replica of a service, whatever the service says itself. */
export function platformVariables(service: ServiceSettings): readonly string[] {
  const identity = ["NODE_NAME", "REPLICA", "RELEASE", ...(service.port === undefined ? [] : ["PORT"])];
  return [...identity, ...service.uses.flatMap((store) => storeVariables[store])];
}

/**
 * What a service and nobody else may know: the credentials of the stores that it uses and the secrets that it
 * names. In an order of its own, because a rewritten file restarts the containers that read it.
 *
 * @param secrets values of the stack's secrets by name
 * @throws when a store or a secret is not there
 */
export function secretEnvironment(
  serviceName: string,
  service: ServiceSettings,
  stores: StoreEnvironments,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const credentials = Object.values(Store)
    .filter((store) => service.uses.includes(store))
    .flatMap((store) => {
      const environment = stores[store];
      if (environment === undefined)
        throw new Error(`service ${serviceName} uses ${store}: name its environment in stores`);
      return Object.entries(environment);
    });
  const named = Object.keys(service.secrets)
    .sort()
    .map((variable) => {
      const name = service.secrets[variable] ?? "";
      const value = secrets[name];
      // Not the name: who pastes the value in its place must not read it in a log.
      if (value === undefined)
        throw new Error(`service ${serviceName}: no secret of the name that ${variable} asks for`);
      return [variable, value] as const;
    });
  return Object.fromEntries([...credentials, ...named]);
}
