import * as pulumi from "@pulumi/pulumi";
import type { SettingsProblem } from "../settings/problems";

/** One input of a component in a form in which it never works. */
export interface InputProblem {
  /** `backends[0].address`. */
  readonly propertyPath: string;
  /** What was given, unless it is secret, and what is allowed. */
  readonly reason: string;
}

/** @throws InputPropertiesError with all of them, when there are any: the engine shows each under its path */
export function refuseInputs(component: string, problems: readonly InputProblem[]): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
  throw new pulumi.InputPropertiesError({
    message: `${component} cannot be made:\n  ${lines.join("\n  ")}`,
    errors: [...problems],
  });
}

/** `got "x", allowed y`. */
export function gotInstead(value: unknown, allowed: string): string {
  return `got ${value === undefined ? "nothing" : JSON.stringify(value)}, allowed ${allowed}`;
}

/** Whether a value is there already, and not what another resource answers later. */
export function isKnown<T>(value: pulumi.Input<T>): value is T {
  return !comesLater(value);
}

/** What is wrong with a value that is known already; nothing for what another resource answers later. */
export function plainProblem<T>(
  propertyPath: string,
  value: pulumi.Input<T> | undefined,
  isAllowed: (value: T) => boolean,
  allowed: string,
): InputProblem[] {
  if (value === undefined || !isKnown(value)) return [];
  return isAllowed(value) ? [] : [{ propertyPath, reason: gotInstead(value, allowed) }];
}

/** The same for a secret, of which nothing is shown. */
export function secretProblem(
  propertyPath: string,
  secret: pulumi.Input<string> | undefined,
  isAllowed: (text: string) => boolean,
  allowed: string,
): InputProblem[] {
  return plainProblem(propertyPath, secret, isAllowed, allowed).map(() => ({
    propertyPath,
    reason: `got a secret of another form, allowed ${allowed}`,
  }));
}

/** The same for each value of a list. */
export function eachPlain<T>(
  path: string,
  list: pulumi.Input<pulumi.Input<T>[]> | undefined,
  isAllowed: (value: T) => boolean,
  allowed: string,
): InputProblem[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value, index) => plainProblem(`${path}[${index}]`, value, isAllowed, allowed));
}

/** True for what another resource answers later. */
function comesLater(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** What is known of a value already: what other resources answer later is left out, at any depth. */
export function knownPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !comesLater(item)).map(knownPart);
  if (typeof value !== "object" || value === null || comesLater(value)) return value;
  const known = Object.entries(value).filter(([, item]) => !comesLater(item));
  return Object.fromEntries(known.map(([key, item]) => [key, knownPart(item)]));
}

/**
 * Secrets as the rules of a stack file look at them: by name, each with its value where that is known; as one
 * encrypted value when not even the names are.
 */
export function knownSecrets(
  secrets: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>> | undefined,
): Readonly<Record<string, unknown>> {
  if (comesLater(secrets)) return { secure: "later" };
  const named = Object.entries(secrets ?? {});
  return Object.fromEntries(named.map(([name, value]) => [name, comesLater(value) ? undefined : value]));
}

/**
 * Problems of a stack file's section as those of an argument of the same shape.
 *
 * @param section where it stands in the file: `app`, `roles.erp`
 * @param whole the argument that a problem of the section as a whole belongs to
 */
export function asInputProblems(
  problems: readonly SettingsProblem[],
  section: string,
  whole: string,
): InputProblem[] {
  // Not a service of the same name further down in a path.
  const begins = new RegExp(`(?<![\\w.-])${section.replaceAll(".", "\\.")}\\.`, "g");
  const short = (text: string) => text.replaceAll(begins, "");
  return problems.map(({ path, value, allowed }) => ({
    propertyPath: path === section ? whole : short(path),
    reason: `got ${value}, allowed ${short(allowed)}`,
  }));
}
