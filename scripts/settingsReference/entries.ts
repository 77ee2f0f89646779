import { z } from "zod";
import { bare, noteOf } from "../../components/settings/fields";
import type { FieldNote } from "../../components/settings/leaves";

/** One setting as people read about it. */
export interface Entry {
  /** `NAME` stands for a name that the operator chooses, `[]` for each item of a list. */
  readonly path: string;
  /** Undefined: the schema says none. */
  readonly description: string | undefined;
  readonly type: string;
  /** In words or as it would be written; undefined: the schema says neither a default nor what absence means. */
  readonly fallback: string | undefined;
  /** What the error says that a wrong value gets; undefined: the entries inside say it. */
  readonly allowed: string | undefined;
  readonly secrecy: "secret" | "never shown" | "plain";
  /** Settings inside. */
  readonly inside: readonly Entry[];
}

/** All settings of a schema, in its order; each with those inside it. */
export function entriesOf(schema: unknown, prefix = ""): readonly Entry[] {
  const object = bare(schema);
  if (!(object instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, unknown>> = object.shape;
  return Object.entries(shape).map(([key, field]) => entryOf(field, `${prefix}${key}`));
}

/** An entry and all inside it, as one list. */
export function flattened(entries: readonly Entry[]): readonly Entry[] {
  return entries.flatMap((entry) => [entry, ...flattened(entry.inside)]);
}

/** Paths of settings that the schema does not describe, or of which it does not say what absence means. */
export function undescribed(entries: readonly Entry[]): readonly string[] {
  return flattened(entries)
    .filter(({ description, fallback }) => description === undefined || fallback === undefined)
    .map(({ path }) => path);
}

function entryOf(schema: unknown, path: string): Entry {
  const { description } = noteOf(schema);
  const { type, allowed, inside } = contentOf(schema, path);
  return {
    path,
    description,
    type: withUnit(type, path),
    fallback: fallbackOf(schema),
    allowed,
    secrecy: secrecyOf(schema),
    inside,
  };
}

type Content = Pick<Entry, "type" | "allowed" | "inside">;

function contentOf(schema: unknown, path: string): Content {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    return { type: "settings", allowed: undefined, inside: entriesOf(inner, `${path}.`) };
  }
  if (inner instanceof z.ZodArray) return listContent(inner.element, path);
  if (inner instanceof z.ZodRecord) return recordContent(inner.keyType, inner.valueType, path);
  const { kind, rule } = noteOf(inner);
  return { type: kindName(kind), allowed: rule?.allowed, inside: [] };
}

function listContent(element: unknown, path: string): Content {
  const { type, allowed, inside } = contentOf(element, `${path}[]`);
  return { type: `list of ${type}`, allowed: allowed === undefined ? undefined : `each ${allowed}`, inside };
}

function recordContent(key: unknown, value: unknown, path: string): Content {
  const { type, allowed, inside } = contentOf(value, `${path}.NAME`);
  const names = `names: ${noteOf(key).rule?.allowed}`;
  return {
    type: `${type} by name`,
    allowed: allowed === undefined ? names : `${names}; values: ${allowed}`,
    inside,
  };
}

function kindName(kind: FieldNote["kind"]): string {
  const names = { text: "text", number: "number", flag: "true or false", secret: "text" };
  return kind === undefined ? "value" : names[kind];
}

/** Numbers carry their unit as the end of their name. */
function withUnit(type: string, path: string): string {
  const units: readonly (readonly [string, string])[] = [
    ["Gb", "GB"],
    ["Mb", "MB"],
    ["Days", "days"],
    ["Eur", "EUR"],
  ];
  const unit = type === "number" ? units.find(([ending]) => path.endsWith(ending))?.[1] : undefined;
  return unit === undefined ? type : `${type}, ${unit}`;
}

function fallbackOf(schema: unknown): string | undefined {
  const { fallback } = noteOf(schema);
  return fallback ?? literalFallback(schema);
}

function literalFallback(schema: unknown): string | undefined {
  if (schema instanceof z.ZodPipe) return literalFallback(schema.in);
  // What absence means stands in the note alone.
  if (schema instanceof z.ZodOptional) return undefined;
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return "required";
  const value: unknown = schema.def.defaultValue;
  if (bare(schema) instanceof z.ZodObject) return "as below";
  return typeof value === "object" ? undefined : `\`${String(value)}\``;
}

/** A name of a secret is none; an application's variables in clear text often hold one all the same. */
function secrecyOf(schema: unknown): Entry["secrecy"] {
  const inner = bare(schema);
  const value = inner instanceof z.ZodRecord ? inner.valueType : inner;
  if (noteOf(value).kind === "secret") return "secret";
  const hidden = noteOf(schema).confidential === true || noteOf(value).rule?.secret === true;
  return hidden ? "never shown" : "plain";
}
