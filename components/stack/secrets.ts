import type { SettingsProblem } from "../settings/problems";
import { secretKeys, stackSchema } from "./schema";

const providerToken = "hcloud:token";

/** The key that holds secrets by name; each value in it is encrypted for itself. */
export const namedSecrets = "secrets";

/**
 * True where a value is a secret, or may be one: who moves a service here brings `DATABASE_URL` in its environment.
 * Messages end up in the logs of CI.
 */
export function isConfidential(path: readonly PropertyKey[]): boolean {
  const [key = "", , , kind] = path;
  if (key === namedSecrets || (secretKeys as readonly PropertyKey[]).includes(key)) return true;
  return path.length > 4 && key === "app" && kind === "environment";
}

/** Which values of a stack's configuration are encrypted. */
export interface Encryption {
  /** Whether a full key has a value that is not encrypted. */
  readonly isClear: (key: string) => boolean;
  /** Whether a full key has a value that is encrypted, or holds one. */
  readonly isEncrypted: (key: string) => boolean;
  /** Names under `secrets` whose values are not encrypted. */
  readonly clearNames: readonly string[];
}

/**
 * Secrets that anybody who reads the stack's file could use.
 *
 * @param namespace the project's name, prefix of its keys
 * @param hasOwnEndpoint the stack talks to another API than Hetzner's, where the token opens nothing of worth
 */
export function clearTextProblems(
  namespace: string,
  { isClear, clearNames }: Encryption,
  hasOwnEndpoint: boolean,
): readonly SettingsProblem[] {
  const own = secretKeys.map((key) => ({ path: key as string, key: `${namespace}:${key}` }));
  const token = hasOwnEndpoint ? [] : [{ path: providerToken, key: providerToken }];
  const problem = (path: string, target: string): SettingsProblem => ({
    path,
    value: "a secret in clear text",
    allowed: "an encrypted value",
    remedy: `replace the secret where it was issued, then run: pulumi config set --secret ${target}`,
  });
  return [
    ...[...own, ...token].filter(({ key }) => isClear(key)).map(({ path }) => problem(path, path)),
    ...clearNames.map((name) =>
      problem(`${namedSecrets}.${name}`, `--path ${namespace}:${namedSecrets}.${name}`),
    ),
  ];
}

/**
 * Encrypted values where the program would write them in clear text: into a file that everybody on a machine may
 * read, a label or an output.
 *
 * @param keys all keys of the namespace, without it
 */
export function misplacedSecretProblems(
  namespace: string,
  keys: readonly string[],
  { isEncrypted }: Encryption,
): readonly SettingsProblem[] {
  const places: readonly string[] = [...secretKeys, namedSecrets];
  return (
    keys
      // Of a key that does not exist nobody should be told to write its value in clear.
      .filter(
        (key) =>
          Object.hasOwn(stackSchema.shape, key) &&
          !places.includes(key) &&
          isEncrypted(`${namespace}:${key}`),
      )
      .map((key) => ({
        path: key,
        value: "an encrypted value",
        allowed: `clear text; encrypted are ${places.join(", ")} alone`,
        remedy: key === "app" ? serviceSecretRemedy(namespace) : "set it without --secret",
      }))
  );
}

/** How a service gets a secret; somebody has encrypted a value of its environment. */
export function serviceSecretRemedy(namespace: string, variable = "VARIABLE"): string {
  return `run: pulumi config set --secret --path ${namespace}:${namedSecrets}.NAME, and name it under app.services.SERVICE.secrets: {${variable}: NAME}`;
}

/** Names of a value of `secrets`, as it stands in a stack's file, that are not encrypted. */
export function clearNamesIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  // `pulumi config set --secret` of the whole key.
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === "secure" && typeof only[1] === "string") return [];
  return entries.filter(([, one]) => typeof one === "string").map(([name]) => name);
}
