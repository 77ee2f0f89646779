import { isEncrypted } from "./leaves";
import { nearestName, type SettingsProblem } from "./problems";

/** `secrets` of a stack as they stand there: values by name, or all of them encrypted at once. */
export type GivenSecrets = Readonly<Record<string, unknown>> | undefined;

/** Undefined when the whole value is encrypted: then only `up` can read the names. */
export function secretNames(given: GivenSecrets): readonly string[] | undefined {
  return isEncrypted(given) ? undefined : Object.keys(given ?? {});
}

/** The name is not repeated: somebody may have pasted the secret itself in its place. */
export function unknownSecret(path: string, name: string, names: readonly string[]): SettingsProblem {
  const meant = nearestName(name, names);
  const set = "pulumi config set --secret --path hetzner-platform:secrets.NAME";
  return {
    path,
    value: "a name that is not among the secrets",
    allowed: names.length === 0 ? "the name of a secret; there are none yet" : `one of ${names.join(", ")}`,
    remedy: meant === undefined ? `run: ${set}` : `did you mean ${meant}?`,
  };
}
