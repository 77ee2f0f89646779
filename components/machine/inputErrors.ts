import * as pulumi from "@pulumi/pulumi";

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

/** What is wrong with a value that is known already; nothing for what another resource answers later. */
export function plainProblem<T>(
  propertyPath: string,
  value: pulumi.Input<T> | undefined,
  isAllowed: (value: T) => boolean,
  allowed: string,
): InputProblem[] {
  if (value === undefined || pulumi.Output.isInstance(value) || value instanceof Promise) return [];
  return isAllowed(value as T) ? [] : [{ propertyPath, reason: gotInstead(value, allowed) }];
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
