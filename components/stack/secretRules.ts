import { formatValue, type SettingsProblem } from "../settings/problems";
import type { Rule } from "../settings/rules";
import { type GivenSecrets, secretNames, unknownSecret } from "../settings/secretNames";
import type { PlatformSettings } from "./settings";

interface Input {
  readonly settings: Pick<PlatformSettings, "images">;
  readonly given: { readonly secrets?: GivenSecrets };
}

/** Secrets by name, and who asks for them beside services. */
export const secretRules: readonly Rule<Input>[] = [
  { reads: ["secrets"], check: ({ given }) => (secretNames(given.secrets) ?? []).flatMap(secureProblems) },
  { reads: ["images.registries", "secrets"], check: registryProblems },
];

/** The engine takes `{secure: text}` for an encrypted value, with or without other names: nothing would arrive. */
export function secureProblems(name: string): readonly SettingsProblem[] {
  if (name !== "secure") return [];
  const allowed = "any other name: Pulumi takes {secure: ...} for an encrypted value";
  return [{ path: "secrets.secure", value: "a secret of this name", allowed, remedy: "rename it" }];
}

function registryProblems({ settings, given }: Input): readonly SettingsProblem[] {
  const names = secretNames(given.secrets);
  const hosts = settings.images.registries.map(({ host }) => host);
  return settings.images.registries.flatMap(({ host, passwordSecret }, index) => {
    const problems: SettingsProblem[] = [];
    if (names !== undefined && !names.includes(passwordSecret)) {
      problems.push(unknownSecret(`images.registries[${index}].passwordSecret`, passwordSecret, names));
    }
    if (hosts.indexOf(host) !== index) {
      problems.push({
        path: `images.registries[${index}].host`,
        value: formatValue(host),
        allowed: "each registry once",
        remedy: "remove one of the two: Docker knows one login for a registry",
      });
    }
    return problems;
  });
}
