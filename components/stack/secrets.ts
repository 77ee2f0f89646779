import { serviceSecretRemedy } from "../roles/app/settings";
import { isEncrypted } from "../settings/leaves";
import type { SettingsProblem } from "../settings/problems";
import { namedSecrets, secretKeys, stackSchema } from "./schema";

const providerToken = "hcloud:token";

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
        remedy: key === "app" ? serviceSecretRemedy() : "set it without --secret",
      }))
  );
}

/** Names of a value of `secrets`, as it stands in a stack's file, that are not encrypted. */
export function clearNamesIn(value: unknown): readonly string[] {
  // `pulumi config set --secret` of the whole key.
  if (typeof value !== "object" || value === null || isEncrypted(value)) return [];
  return Object.entries(value)
    .filter(([, one]) => typeof one === "string")
    .map(([name]) => name);
}
