import type { RegistrySettings } from "./settings/platformWide";
import type { RegistryCredential } from "./setup/docker";

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
