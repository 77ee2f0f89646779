import { Store } from "./store";

/** The environment by which a program finds a store. Secret. */
export type StoreEnvironments = Readonly<Partial<Record<Store, Readonly<Record<string, string>>>>>;

/** Variables that a store's address and credentials are handed over in. */
export const storeVariables: Readonly<Record<Store, readonly string[]>> = {
  database: ["DATABASE_URL"],
  cache: ["REDIS_URL"],
  search: ["ELASTICSEARCH_URL"],
  objectStore: ["S3_ENDPOINT", "S3_REGION", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"],
};

/** What a program of the operator may know. */
export interface SecretUser {
  /** Stores whose address and credentials it gets. */
  readonly uses: readonly Store[];
  /** The variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * What a program and nobody else may know: the credentials of the stores that it uses and the secrets that it names.
 * In an order of its own, because a rewritten file restarts what reads it.
 *
 * @param title what it is called in errors: `service web`
 * @param secrets values of the stack's secrets by name
 * @throws when a store or a secret is not there
 */
export function secretEnvironment(
  title: string,
  user: SecretUser,
  stores: StoreEnvironments,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const credentials = Object.values(Store)
    .filter((store) => user.uses.includes(store))
    .flatMap((store) => {
      const environment = stores[store];
      if (environment === undefined)
        throw new Error(`${title} uses ${store}: name its environment in stores`);
      return Object.entries(environment);
    });
  const named = Object.keys(user.secrets)
    .sort()
    .map((variable) => {
      const name = user.secrets[variable] ?? "";
      const value = secrets[name];
      // Not the name: who pastes the value in its place must not read it in a log.
      if (value === undefined) throw new Error(`${title}: no secret of the name that ${variable} asks for`);
      return [variable, value] as const;
    });
  return Object.fromEntries([...credentials, ...named]);
}
