import { platformVariables } from "../roles/app/environment";
import { largestEnvironment } from "../roles/app/environmentRules";
import { formatValue, nearestName, type SettingsProblem } from "../settings/problems";
import type { Rule, RuleInput } from "../settings/rules";
import { longestEnvironmentLine } from "../setup/container";
import type { StackValues } from "./schema";

/** Secrets by name: who asks for which, and whether the variable is free. */
export const secretRules: readonly Rule[] = [
  { reads: ["app.services", "secrets"], check: serviceSecretProblems },
  { reads: ["app.services", "secrets"], check: sumProblems },
  { reads: ["images.registries", "secrets"], check: registryProblems },
  { reads: ["app.services"], check: takenVariableProblems },
];

/** Undefined when the whole value is encrypted: then only `up` can read the names. */
function secretNames(values: StackValues): readonly string[] | undefined {
  const names = Object.keys(values.secrets);
  return names.length === 1 && names[0] === "secure" ? undefined : names;
}

/** The name is not repeated: somebody may have pasted the secret itself in its place. */
function unknownSecret(path: string, name: string, names: readonly string[]): SettingsProblem {
  const meant = nearestName(name, names);
  const set = "pulumi config set --secret --path hetzner-platform:secrets.NAME";
  return {
    path,
    value: "a name that is not among the secrets",
    allowed: names.length === 0 ? "the name of a secret; there are none yet" : `one of ${names.join(", ")}`,
    remedy: meant === undefined ? `run: ${set}` : `did you mean ${meant}?`,
  };
}

function serviceSecretProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const names = secretNames(values);
  if (names === undefined) return [];
  return Object.entries(settings.app.services).flatMap(([service, { secrets }]) =>
    Object.entries(secrets).flatMap(([variable, name]) => {
      const path = `app.services.${service}.secrets.${variable}`;
      if (!names.includes(name)) return [unknownSecret(path, name, names)];
      return tooLongProblems(path, variable, values.secrets[name]);
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
function sumProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  return Object.entries(settings.app.services).flatMap(([service, { environment, secrets }]) => {
    const own = Object.entries(secrets).map(([variable, name]) => [variable, values.secrets[name]] as const);
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

function registryProblems({ settings, values }: RuleInput): readonly SettingsProblem[] {
  const names = secretNames(values);
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

/** A variable that two sides set has the value of one of them, and nobody sees which. */
function takenVariableProblems({ settings }: RuleInput): readonly SettingsProblem[] {
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
