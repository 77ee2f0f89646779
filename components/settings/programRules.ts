import { longestEnvironmentLine } from "../setup/container";
import type { SettingsProblem } from "./problems";
import type { Rule } from "./rules";
import { type GivenSecrets, secretNames, unknownSecret } from "./secretNames";

/** Half of what Linux gives the environment and the arguments of one program. */
export const largestEnvironment = 1024 * 1024;

/** A program of the operator, wherever it stands: a service of the app nodes, a container of a role of his own. */
export interface Program {
  /** Where: `app.services.web`. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Variables that the platform sets in it, whatever it says itself. */
  readonly platformVariables: readonly string[];
}

/** What rules about programs look at. */
export interface ProgramInput<Settings> {
  readonly settings: Settings;
  readonly given: { readonly secrets?: GivenSecrets };
}

type Check = (program: Program, secrets: GivenSecrets) => readonly SettingsProblem[];

/**
 * Environment and secrets of programs: what Docker and Linux can hand over, what the platform does not set itself, and
 * whether there are secrets of that name.
 *
 * @param section where the programs stand
 */
export function programRules<Settings>(
  section: string,
  programsOf: (settings: Settings) => readonly Program[],
): readonly Rule<ProgramInput<Settings>>[] {
  const rule = (check: Check, ...reads: readonly string[]): Rule<ProgramInput<Settings>> => ({
    reads: [section, ...reads],
    check: ({ settings, given }) => programsOf(settings).flatMap((program) => check(program, given.secrets)),
  });
  return [
    rule(lengthProblems),
    rule(ownNameProblems),
    rule(secretProblems, "secrets"),
    rule(secretSumProblems, "secrets"),
    rule(takenVariableProblems),
  ];
}

function lengthProblems({ path, environment }: Program): readonly SettingsProblem[] {
  const lines = Object.entries(environment).map(([key, value]) => ({
    key,
    bytes: Buffer.byteLength(`${key}=${value}`),
  }));
  const remedy = "put it into a file of the image, or into the object store";
  const tooLong = lines
    .filter(({ bytes }) => bytes > longestEnvironmentLine)
    .map(({ key, bytes }) => ({
      path: `${path}.environment.${key}`,
      value: `${bytes} bytes with its name`,
      allowed: `at most ${longestEnvironmentLine} bytes with the name: Docker reads no longer lines`,
      remedy,
    }));
  const sum = lines.reduce((total, { bytes }) => total + bytes + 1, 0);
  if (tooLong.length > 0 || sum <= largestEnvironment) return tooLong;
  const allowed = `at most ${largestEnvironment} bytes for all variables`;
  return [{ path: `${path}.environment`, value: `${sum} bytes`, allowed, remedy }];
}

/** Variables that say where a program is and where its stores are; they would win without a word. */
function ownNameProblems({ path, environment, platformVariables }: Program): readonly SettingsProblem[] {
  return platformVariables
    .filter((name) => Object.hasOwn(environment, name))
    .map((name) => ({
      path: `${path}.environment.${name}`,
      value: "a value of your own",
      allowed: "a name that the platform does not set itself",
      remedy: name === "PORT" ? "set the service's port instead" : "rename the variable",
    }));
}

function secretProblems({ path, secrets }: Program, given: GivenSecrets): readonly SettingsProblem[] {
  const names = secretNames(given);
  if (names === undefined) return [];
  return Object.entries(secrets).flatMap(([variable, name]) => {
    const at = `${path}.secrets.${variable}`;
    if (!names.includes(name)) return [unknownSecret(at, name, names)];
    return tooLongProblems(at, variable, given?.[name]);
  });
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
      remedy: "keep it in the object store, and hand over its key",
    },
  ];
}

/** Half of what one program may be given; only `up` knows how long the secrets are. */
function secretSumProblems(
  { path, environment, secrets }: Program,
  given: GivenSecrets,
): readonly SettingsProblem[] {
  const own = Object.entries(secrets).map(([variable, name]) => [variable, given?.[name]] as const);
  const sum = [...Object.entries(environment), ...own].reduce(
    (total, [name, value]) =>
      total + (typeof value === "string" ? Buffer.byteLength(`${name}=${value}\n`) : 0),
    0,
  );
  if (own.length === 0 || sum <= largestEnvironment) return [];
  return [
    {
      path: `${path}.secrets`,
      value: `${sum} bytes with its environment`,
      allowed: `at most ${largestEnvironment} bytes for all variables`,
      remedy: "keep long ones in the object store, and hand over their keys",
    },
  ];
}

/** A variable that two sides set has the value of one of them, and nobody sees which. */
function takenVariableProblems(program: Program): readonly SettingsProblem[] {
  return Object.keys(program.secrets).flatMap((variable) => {
    const owner = program.platformVariables.includes(variable)
      ? "the platform sets this one itself"
      : Object.hasOwn(program.environment, variable)
        ? "environment sets this one too"
        : undefined;
    if (owner === undefined) return [];
    return [
      {
        path: `${program.path}.secrets.${variable}`,
        value: variable,
        allowed: `a variable of its own; ${owner}`,
        remedy: "remove one of the two, or rename the variable",
      },
    ];
  });
}
