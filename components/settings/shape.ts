import type { z } from "zod";
import { isConfidential, knownKeys } from "./fields";
import { isEncrypted, type LeafRule } from "./leaves";
import { formatPath, formatValue, type SettingsProblem } from "./problems";
import { protoPaths, protoProblem, type RenamedPath, unknownKeyProblem } from "./unknownKeys";

type Path = readonly PropertyKey[];

interface Mistake {
  readonly path: Path;
  readonly problem: SettingsProblem;
  /** Replaces the wrong value while the rules between keys are checked. */
  readonly standIn: unknown;
}

/** What a shape has made of raw values. */
export interface Shaped<Schema extends z.ZodType> {
  /** With all defaults. */
  readonly values: z.output<Schema>;
  /** What the values themselves say, wrong ones left out or replaced. */
  readonly given: z.input<Schema>;
  readonly problems: readonly SettingsProblem[];
}

/**
 * Reads the shape of raw values. Wrong ones are reported and replaced by a default, so that the caller can
 * still look for mistakes between the others.
 *
 * @param renamedPath what a key of an earlier version is called now
 */
export function parseShape<Schema extends z.ZodType>(
  schema: Schema,
  raw: Readonly<Record<string, unknown>>,
  renamedPath: RenamedPath = () => undefined,
): Shaped<Schema> {
  const dropped = protoPaths(raw).map((path) => ({
    path,
    problem: protoProblem(path),
    standIn: undefined,
  }));
  const result = schema.safeParse(raw);
  const issues = result.success ? [] : result.error.issues;
  const mistakes = [
    ...dropped,
    ...issues.flatMap((issue) => mistakesOf(issue, { schema, raw, renamedPath })),
  ];
  if (result.success && mistakes.length === 0) {
    return { values: result.data, given: raw as z.input<Schema>, problems: [] };
  }
  const problems = mistakes.map((mistake) => mistake.problem);
  return { ...readable(schema, repaired(raw, mistakes)), problems };
}

/** The values with everything around a hole taken out that cannot be left out itself. */
function readable<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): Pick<Shaped<Schema>, "values" | "given"> {
  const result = schema.safeParse(given);
  if (result.success) return { values: result.data, given: given as z.input<Schema> };
  const paths = result.error.issues.map((issue) => issue.path.slice(0, -1));
  // Nothing is around the whole.
  if (paths.some((path) => path.length === 0)) throw result.error;
  return readable(
    schema,
    repaired(
      given,
      paths.map((path) => ({ path, standIn: undefined })),
    ),
  );
}

interface Reading {
  readonly schema: z.ZodType;
  readonly raw: unknown;
  readonly renamedPath: RenamedPath;
}

function mistakesOf(issue: z.core.$ZodIssue, reading: Reading): readonly Mistake[] {
  const { schema, raw } = reading;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const isSecret = isEncrypted(valueAt(raw, path));
      const problem = unknownKeyProblem(schema, path, isSecret, reading.renamedPath);
      return { path, problem, standIn: undefined };
    });
  }
  // A record reports a wrong name of an entry with the issues of that name inside.
  const inner = issue.code === "invalid_key" ? issue.issues[0] : issue;
  if (inner?.code === "custom") {
    const rule = inner.params?.rule as LeafRule;
    const value = issue.code === "invalid_key" ? issue.path.at(-1) : valueAt(raw, issue.path);
    return [{ path: issue.path, problem: problemOf(schema, issue.path, value, rule), standIn: rule.standIn }];
  }
  const isList = issue.code === "invalid_type" && issue.expected === "array";
  const rule = isList
    ? { allowed: "a list", remedy: "write its items in brackets: [FIRST, SECOND]" }
    : { allowed: keysText(schema, issue.path), remedy: "write it in this form" };
  const problem = problemOf(schema, issue.path, valueAt(raw, issue.path), rule);
  return [{ path: issue.path, problem, standIn: undefined }];
}

function problemOf(schema: z.ZodType, path: Path, value: unknown, rule: LeafRule): SettingsProblem {
  const { allowed } = rule;
  if (isEncrypted(value) && rule.secret !== true) {
    const remedy = rule.encrypted?.(path) ?? "set it without --secret: only the named secrets are encrypted";
    return { path: formatPath(path), value: "an encrypted value", allowed, remedy };
  }
  const remedy = typeof rule.remedy === "function" ? rule.remedy(value) : rule.remedy;
  return { path: formatPath(path), value: valueText(schema, path, value, rule), allowed, remedy };
}

function valueText(schema: z.ZodType, path: Path, value: unknown, rule: LeafRule): string {
  if (value === undefined || value === "") return formatValue(value);
  if (rule.secret === true) return "a secret of another form";
  return isConfidential(schema, path) ? kindOf(value) : formatValue(value);
}

/** What a value is, where the value itself may be a secret. */
function kindOf(value: unknown): string {
  if (typeof value === "string") return "text of another form";
  return typeof value === "number" || typeof value === "boolean" ? `a ${typeof value}` : "no text";
}

function keysText(schema: z.ZodType, path: Path): string {
  const keys = knownKeys(schema, path);
  return keys.length === 0 ? "names with a value each" : `the keys ${keys.join(", ")}`;
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, segment) => (isObject(value) ? value[segment] : undefined), raw);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function repaired(raw: unknown, mistakes: readonly Pick<Mistake, "path" | "standIn">[]): unknown {
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
  return copy;
}
