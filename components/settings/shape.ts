import { z } from "zod";
import { renamedPath } from "../stack/renamedKeys";
import { type StackValues, stackSchema } from "../stack/schema";
import { isConfidential, namedSecrets, serviceSecretRemedy } from "../stack/secrets";
import type { LeafRule } from "./leaves";
import { formatPath, formatValue, nearestName, type SettingsProblem } from "./problems";

type Path = readonly PropertyKey[];

interface Mistake {
  readonly path: Path;
  readonly problem: SettingsProblem;
  /** Replaces the wrong value while the rules between keys are checked. */
  readonly standIn: unknown;
}

/**
 * Reads the shape of raw values. Wrong ones are reported and replaced by a default, so that the caller can
 * still look for mistakes between the others.
 */
export function parseShape(raw: Readonly<Record<string, unknown>>): {
  readonly values: StackValues;
  readonly problems: readonly SettingsProblem[];
} {
  const result = stackSchema.safeParse(raw);
  if (result.success) return { values: result.data, problems: [] };
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(issue, raw));
  return { values: repaired(raw, mistakes), problems: mistakes.map((mistake) => mistake.problem) };
}

function mistakesOf(issue: z.core.$ZodIssue, raw: unknown): readonly Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(issue.path, key, raw));
  }
  // A record reports a wrong name of an entry with the issues of that name inside.
  const inner = issue.code === "invalid_key" ? issue.issues[0] : issue;
  if (inner?.code === "custom") {
    const rule = inner.params?.rule as LeafRule;
    const value = issue.code === "invalid_key" ? issue.path.at(-1) : valueAt(raw, issue.path);
    return [{ path: issue.path, problem: problemOf(issue.path, value, rule), standIn: rule.standIn }];
  }
  const isList = issue.code === "invalid_type" && issue.expected === "array";
  const rule = isList
    ? { allowed: "a list", remedy: "write its items in brackets: [FIRST, SECOND]" }
    : { allowed: keysText(issue.path), remedy: "write it in this form" };
  const problem = problemOf(issue.path, valueAt(raw, issue.path), rule);
  return [{ path: issue.path, problem, standIn: undefined }];
}

function problemOf(path: Path, value: unknown, rule: LeafRule): SettingsProblem {
  const isGiven = value !== undefined && value !== "";
  const remedy = typeof rule.remedy === "function" ? rule.remedy(value) : rule.remedy;
  return {
    path: formatPath(path),
    value:
      rule.secret === true && isGiven
        ? "a secret of another form"
        : (encryptedText(value) ??
          (isGiven && isConfidential(path) ? kindOf(value) : (rule.value ?? formatValue(value)))),
    allowed: rule.allowed,
    remedy: encryptedText(value) === undefined ? remedy : encryptedRemedy(path),
  };
}

/** What a value is, where the value itself may be a secret. */
function kindOf(value: unknown): string {
  if (typeof value === "string") return "text of another form";
  return typeof value === "number" || typeof value === "boolean" ? `a ${typeof value}` : "no text";
}

function encryptedRemedy(path: Path): string {
  const [app, services, name, kind, variable] = path;
  const isVariable = app === "app" && services === "services" && kind === "environment";
  if (!isVariable) return "set it without --secret: only the named secrets are encrypted";
  return serviceSecretRemedy("hetzner-platform", String(variable)).replace("SERVICE", String(name));
}

function encryptedText(value: unknown): string | undefined {
  const isEncrypted = typeof value === "object" && value !== null && "secure" in value;
  return isEncrypted ? "an encrypted value" : undefined;
}

function unknownKey(parent: Path, key: string, raw: unknown): Mistake {
  const path = [...parent, key];
  const inside =
    parent.length === 0 ? withoutPath(key, encryptedText(valueAt(raw, path)) !== undefined) : undefined;
  const problem = renamedKey(formatPath(path)) ?? inside;
  if (problem !== undefined) return { path, problem, standIn: undefined };
  const meant = nearestName(key, knownKeys(parent));
  const remedy = meant === undefined ? "remove the key" : `did you mean ${meant}?`;
  return {
    path,
    // Not its value: a password may stand under a name that somebody guessed.
    problem: problemOf(path, valueAt(raw, path), {
      value: "an unknown key",
      allowed: keysText(parent),
      remedy,
    }),
    standIn: undefined,
  };
}

/** A file that was written for an earlier version. */
function renamedKey(path: string): SettingsProblem | undefined {
  const today = renamedPath(path);
  if (today === undefined) return undefined;
  return {
    path,
    value: "the former name of a key",
    allowed: `${today}, as it is called now`,
    remedy: `write the same value under ${today}`,
  };
}

/** `pulumi config set app.count 3` makes a key with a dot in its name; somebody has left out `--path`. */
function withoutPath(key: string, isSecret: boolean): SettingsProblem | undefined {
  const [outer = "", ...rest] = key.split(/[.[]/);
  if (rest.length === 0 || !knownKeys([]).includes(outer)) return undefined;
  const flags = isSecret || outer === namedSecrets ? "--secret --path" : "--path";
  return {
    path: key,
    value: "a key with this whole name",
    allowed: `the value inside of ${outer}`,
    remedy: `run: pulumi config rm '${key}', then pulumi config set ${flags} 'hetzner-platform:${key}' VALUE`,
  };
}

function keysText(path: Path): string {
  const keys = knownKeys(path);
  return keys.length === 0 ? "names with a value each" : `the keys ${keys.join(", ")}`;
}

function knownKeys(path: Path): readonly string[] {
  const schema = path.reduce<unknown>((outer, segment) => {
    const inner = unwrapped(outer);
    if (inner instanceof z.ZodObject) return (inner.shape as Record<PropertyKey, unknown>)[segment];
    if (inner instanceof z.ZodArray) return inner.element;
    return inner instanceof z.ZodRecord ? inner.valueType : undefined;
  }, stackSchema);
  const object = unwrapped(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  const wraps =
    schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  return wraps ? unwrapped(schema.unwrap()) : schema;
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, segment) => (isObject(value) ? value[segment] : undefined), raw);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function repaired(raw: unknown, mistakes: readonly Mistake[]): StackValues {
  const copy = structuredClone(raw);
  const lists = new Set<unknown[]>();
  for (const { path, standIn } of mistakes) {
    const parent = valueAt(copy, path.slice(0, -1));
    const key = path.at(-1);
    if (!isObject(parent) || key === undefined) continue;
    if (standIn === undefined) delete parent[key];
    else parent[key] = standIn;
    if (Array.isArray(parent)) lists.add(parent);
  }
  // Only now, because a mistake's path counts the items that were taken out.
  for (const list of lists) list.splice(0, list.length, ...list.filter(() => true));
  return stackSchema.parse(copy);
}
