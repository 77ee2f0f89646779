import type { SettingsProblem } from "../../settings/problems";
import type { Rule } from "../../settings/rules";
import { type GivenSecrets, secretNames, unknownSecret } from "../../settings/secretNames";
import { longestEnvironmentLine } from "../../setup/container";
import { largestEnvironment } from "./environmentRules";
import type { AppSettings } from "./settings";
import { platformVariables } from "./variables";

/** What the rules look at. */
export interface SecretInput {
  readonly settings: { readonly app: AppSettings };
  readonly given: { readonly secrets?: GivenSecrets };
}

/** Secrets of services: whether there are any of that name, how long they are, and whether the variable is free. */
export const serviceSecretRules: readonly Rule<SecretInput>[] = [
  { reads: ["app.services", "secrets"], check: serviceSecretProblems },
  { reads: ["app.services", "secrets"], check: sumProblems },
  { reads: ["app.services"], check: takenVariableProblems },
];

function serviceSecretProblems({ settings, given }: SecretInput): readonly SettingsProblem[] {
  const names = secretNames(given.secrets);
  if (names === undefined) return [];
  return Object.entries(settings.app.services).flatMap(([service, { secrets }]) =>
    Object.entries(secrets).flatMap(([variable, name]) => {
      const path = `app.services.${service}.secrets.${variable}`;
      if (!names.includes(name)) return [unknownSecret(path, name, names)];
      return tooLongProblems(path, variable, given.secrets?.[name]);
    }),
  );
}

function tooLongProblems(path: string, variable: string, value: unknown): readonly SettingsProblem[] {
  if (typeof value !== "string") return [];
  const bytes = Buffer.byteLength(`${variable}=${value}`);
  if (bytes <= longestEnvironmentLine) return [];
  return [
    {
      path,
      value: `a secret that makes a line of ${bytes} bytes`,
      allowed: `at most ${longestEnvironmentLine} bytes with the variable's name, as Docker reads them`,
      remedy: "keep it in the object store, and give the service its key",
    },
  ];
}

/** Half of what one program may be given; only `up` knows how long the secrets are. */
function sumProblems({ settings, given }: SecretInput): readonly SettingsProblem[] {
  return Object.entries(settings.app.services).flatMap(([service, { environment, secrets }]) => {
    const own = Object.entries(secrets).map(([variable, name]) => [variable, given.secrets?.[name]] as const);
    const sum = [...Object.entries(environment), ...own].reduce(
      (total, [name, value]) =>
        total + (typeof value === "string" ? Buffer.byteLength(`${name}=${value}\n`) : 0),
      0,
    );
    if (own.length === 0 || sum <= largestEnvironment) return [];
    return [
      {
        path: `app.services.${service}.secrets`,
        value: `${sum} bytes with its environment`,
        allowed: `at most ${largestEnvironment} bytes for all variables`,
        remedy: "keep long ones in the object store, and give the service their keys",
      },
    ];
  });
}

/** A variable that two sides set has the value of one of them, and nobody sees which. */
function takenVariableProblems({ settings }: SecretInput): readonly SettingsProblem[] {
  return Object.entries(settings.app.services).flatMap(([name, service]) => {
    const platform = platformVariables(service);
    return Object.keys(service.secrets).flatMap((variable) => {
      const owner = platform.includes(variable)
        ? "the platform sets this one itself"
        : Object.hasOwn(service.environment, variable)
          ? "environment sets this one too"
          : undefined;
      if (owner === undefined) return [];
      const path = `app.services.${name}.secrets.${variable}`;
      return [
        {
          path,
          value: variable,
          allowed: `a variable of its own; ${owner}`,
          remedy: "remove one of the two, or rename the variable",
        },
      ];
    });
  });
}
