import type { SettingsProblem } from "./problems";
import { secretKeys } from "./schema";

const providerToken = "hcloud:token";

/**
 * Secrets that anybody who reads the stack's file could use.
 *
 * @param namespace the project's name, prefix of its keys
 * @param isClear whether a full key has a value that is not encrypted
 * @param hasOwnEndpoint the stack talks to another API than Hetzner's, where the token opens nothing of worth
 */
export function clearTextProblems(
  namespace: string,
  isClear: (key: string) => boolean,
  hasOwnEndpoint: boolean,
): readonly SettingsProblem[] {
  const own = secretKeys.map((key) => ({ path: key as string, key: `${namespace}:${key}` }));
  const token = hasOwnEndpoint ? [] : [{ path: providerToken, key: providerToken }];
  return [...own, ...token]
    .filter(({ key }) => isClear(key))
    .map(({ path }) => ({
      path,
      value: "a secret in clear text",
      allowed: "an encrypted value",
      remedy: `replace the secret where it was issued, then run: pulumi config set --secret ${path}`,
    }));
}
