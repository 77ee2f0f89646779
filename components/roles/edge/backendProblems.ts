import { isIPv4 } from "node:net";
import { gotInstead, type InputProblem } from "../../machine/inputErrors";
import type { Backend } from "./edge";

/**
 * What is wrong with backends that a program hands in; empty: nothing.
 * Names and paths end up in configuration files, so nothing but harmless characters is let through.
 */
export function backendProblems(backends: readonly Backend[]): InputProblem[] {
  const problems = backends.flatMap(oneBackend);
  const names = backends.map(({ name }) => name);
  const refuse = (value: unknown, allowed: string) =>
    problems.push({ propertyPath: "backends", reason: gotInstead(value, allowed) });
  if (backends.length === 0) refuse([], "at least one app node or other machine");
  if (new Set(names).size < names.length) refuse(names, "names that differ");
  const paths = backends.map(({ healthPath }) => healthPath ?? "none");
  if (new Set(paths).size > 1) refuse(paths, "the same healthPath for all");
  return problems;
}

function oneBackend(backend: Backend, index: number): InputProblem[] {
  const { name, address, port, healthPath, maxRequests } = backend;
  const checks: readonly (readonly [key: string, value: unknown, isRight: boolean, allowed: string])[] = [
    ["name", name, /^[A-Za-z0-9-]{1,63}$/.test(name), "1 to 63 letters, digits and hyphens"],
    ["address", address, isIPv4(address), "an IPv4 address"],
    ["port", port, isWhole(port, 65_535), "1 to 65535"],
    ["maxRequests", maxRequests, isWhole(maxRequests, 1_000_000), "1 to 1000000"],
    ["healthPath", healthPath, isPath(healthPath), "a path that begins with a slash"],
  ];
  return checks
    .filter(([, , isRight]) => !isRight)
    .map(([key, value, , allowed]) => ({
      propertyPath: `backends[${index}].${key}`,
      reason: gotInstead(value, allowed),
    }));
}

function isPath(path: string | undefined): boolean {
  return path === undefined || /^\/[A-Za-z0-9._~/-]*$/.test(path);
}

function isWhole(value: number | undefined, most: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= most);
}
