// From a valid request and its description: every request that differs in one place and that the description
// forbids. Pure.
import type { Parameter, Schema } from "../description";

export interface ForbiddenBody {
  /** What was done to which field: `server_type: missing`. */
  readonly what: string;
  /** Path of the field, as errors name it: `rules.0.port`. */
  readonly field: string;
  readonly kind: Kind;
  readonly body: unknown;
}

export interface ForbiddenQuery extends Omit<ForbiddenBody, "body"> {
  readonly query: string;
}

export interface ForbiddenPath extends Omit<ForbiddenBody, "body"> {
  readonly path: string;
}

/** Kinds of violation; a wrong type is named by what was sent instead. */
export type Kind =
  | "missing"
  | "null"
  | "text"
  | "number"
  | "fraction"
  | "boolean"
  | "list"
  | "object"
  | "enum"
  | "minimum"
  | "maximum"
  | "minLength"
  | "maxLength"
  | "minItems"
  | "maxItems"
  | "pattern";

interface Violation {
  readonly kind: Kind;
  readonly value: unknown;
}

type Key = string | number;

/** Replaces a value below, and removes it where there is none. */
type Put = (path: readonly Key[], value: unknown) => unknown;

const nameOf = (path: readonly Key[]) => path.join(".");

export function forbiddenBodies(schema: Schema, valid: unknown): ForbiddenBody[] {
  const put: Put = (path, value) => replaced(valid, path, value);
  return below(schema, valid, [], put);
}

function below(given: Schema, valid: unknown, path: readonly Key[], put: Put): ForbiddenBody[] {
  const schema = chosen(given, valid);
  const at = (key: Key, violations: readonly Violation[]): ForbiddenBody[] =>
    violations.map(({ kind, value }) => {
      const field = nameOf([...path, key]);
      return { what: `${field}: ${kind}`, field, kind, body: put([...path, key], value) };
    });
  if (Array.isArray(valid) && schema.items !== undefined) {
    const { items } = schema;
    // All items have one schema: the first stands for all.
    return valid
      .slice(0, 1)
      .flatMap((item) => [...at(0, violationsOf(items, item)), ...below(items, item, [...path, 0], put)]);
  }
  if (!isObject(valid)) return [];
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => [
    ...(schema.required?.includes(key) ? at(key, [{ kind: "missing", value: undefined }]) : []),
    ...at(key, violationsOf(property, valid[key])),
    ...(valid[key] === undefined ? [] : below(property, valid[key], [...path, key], put)),
  ]);
  const free = schema.additionalProperties;
  if (typeof free !== "object") return properties;
  return [...properties, ...at("key", violationsOf(free, undefined))];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One schema of several that hold together; of alternatives the one that fits the valid value. */
function chosen(schema: Schema, valid: unknown): Schema {
  if (schema.allOf !== undefined) return merged(schema.allOf.map((part) => chosen(part, valid)));
  if (schema.oneOf === undefined) return schema;
  const parts = schema.oneOf.map((part) => chosen(part, valid));
  const protocol = isObject(valid) ? valid.protocol : undefined;
  return parts.find(({ properties }) => properties?.protocol?.enum?.includes(protocol)) ?? parts[0] ?? {};
}

const merged = (parts: readonly Schema[]): Schema => ({
  ...Object.assign({}, ...parts),
  properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
  required: parts.flatMap(({ required }) => required ?? []),
});

const samples: readonly [kind: Kind, types: readonly string[], value: unknown][] = [
  ["text", ["string"], "text"],
  ["number", ["integer", "number"], 7],
  ["fraction", ["number"], 7.5],
  ["boolean", ["boolean"], true],
  ["list", ["array"], ["text"]],
  ["object", ["object"], { text: "text" }],
];

function violationsOf(given: Schema, valid: unknown): Violation[] {
  const alternatives = given.oneOf?.filter(({ type }) => type !== undefined) ?? [];
  const schema = given.allOf === undefined ? given : chosen(given, valid);
  const types = alternatives.length > 0 ? alternatives.map(({ type }) => type) : [schema.type];
  if (types.includes(undefined)) return [];
  const wrongTypes = samples
    .filter(([, allowed]) => !allowed.some((type) => types.includes(type)))
    .map(([kind, , value]): Violation => ({ kind, value }));
  const none: Violation[] = schema.nullable === true ? [] : [{ kind: "null", value: null }];
  return [...none, ...wrongTypes, ...rangeViolations(schema, valid)];
}

function rangeViolations(schema: Schema, valid: unknown): Violation[] {
  const found: Violation[] = [];
  const add = (kind: Kind, value: unknown) => found.push({ kind, value });
  if (schema.enum !== undefined) add("enum", schema.type === "string" ? "no-such-value" : -1);
  if (schema.minimum !== undefined) add("minimum", schema.minimum - 1);
  if (schema.maximum !== undefined) add("maximum", schema.maximum + 1);
  if ((schema.minLength ?? 0) > 0) add("minLength", "");
  if (schema.maxLength !== undefined) add("maxLength", "x".repeat(schema.maxLength + 1));
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern);
    const outside = [" x ", "a;$(reboot)", ""].find((text) => !pattern.test(text));
    if (outside !== undefined) add("pattern", outside);
  }
  if (Array.isArray(valid) && valid.length > 0) {
    if ((schema.minItems ?? 0) > 0) add("minItems", []);
    if (schema.maxItems !== undefined) add("maxItems", Array(schema.maxItems + 1).fill(valid[0]));
  }
  return found;
}

function replaced(whole: unknown, path: readonly Key[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(whole)) {
    return whole.map((item, index) => (index === key ? replaced(item, rest, value) : item));
  }
  const { [key]: old, ...others } = (isObject(whole) ? whole : {}) as Record<Key, unknown>;
  const inner = replaced(old, rest, value);
  return inner === undefined ? others : { ...others, [key]: inner };
}

/** Query strings that the description forbids; `valid` holds what the operation requires. */
export function forbiddenQueries(parameters: readonly Parameter[], valid = ""): ForbiddenQuery[] {
  return parameters
    .filter((parameter) => parameter.in === "query")
    .flatMap(({ name, required, schema }) => {
      const one = schema.type === "array" ? (schema.items ?? {}) : schema;
      const none: Violation[] = required ? [{ kind: "missing", value: undefined }] : [];
      return [...none, ...wordViolations(one)].map(({ kind, value }) => {
        const query = new URLSearchParams(valid);
        query.delete(name);
        if (value !== undefined) query.set(name, String(value));
        return { what: `${name}: ${kind} in the query`, field: name, kind, query: query.toString() };
      });
    });
}

/** Paths of which one parameter is outside of what the description allows. */
export function forbiddenPaths(
  template: string,
  parameters: readonly Parameter[],
  valid: string,
): ForbiddenPath[] {
  const names = template.split("/");
  return parameters
    .filter((parameter) => parameter.in === "path")
    .flatMap(({ name, schema }) =>
      wordViolations(schema).map(({ kind, value }) => {
        const words = valid
          .split("/")
          .map((word, index) => (names[index] === `{${name}}` ? String(value) : word));
        return { what: `${name}: ${kind} in the path`, field: name, kind, path: words.join("/") };
      }),
    );
}

/** What a value that is written as a word, in a query or a path, must not be. */
function wordViolations({ type, enum: allowed, minimum, maximum }: Schema): Violation[] {
  const found: Violation[] = [];
  const add = (kind: Kind, value: unknown) => found.push({ kind, value });
  if (type === "integer") {
    add("text", "text");
    add("fraction", "7.5");
  }
  if (type === "boolean") add("text", "text");
  if (allowed !== undefined) add("enum", "no-such-value");
  if (minimum !== undefined) add("minimum", minimum - 1);
  if (maximum !== undefined) add("maximum", BigInt(maximum) + 1n);
  return found;
}
