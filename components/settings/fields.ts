import { z } from "zod";
import type { FieldNote } from "./leaves";

/** Takes off what says that a value may be absent or what it becomes. */
export function bare(schema: unknown): unknown {
  const wraps =
    schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  if (wraps) return bare(schema.unwrap());
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema;
}

/** The schema of what stands at a path; undefined when nothing may. */
function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((outer, segment) => inside(bare(outer), segment), schema);
}

function inside(schema: unknown, segment: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) {
    return Object.hasOwn(schema.shape, segment)
      ? (schema.shape as Record<PropertyKey, unknown>)[segment]
      : undefined;
  }
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** Keys that an object at this path may have; none where names are free or nothing is known. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const object = bare(schemaAt(schema, path));
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** What is known of the setting at a path. */
export function noteAt(schema: unknown, path: readonly PropertyKey[]): FieldNote {
  return noteOf(schemaAt(schema, path));
}

/** Also of a setting that may be absent or has a default. */
export function noteOf(schema: unknown): FieldNote {
  if (!(schema instanceof z.ZodType)) return {};
  const own = schema.meta() as FieldNote | undefined;
  const inner = bare(schema);
  return inner === schema || !(inner instanceof z.ZodType) ? (own ?? {}) : { ...noteOf(inner), ...own };
}

/** True where a value is a secret, or may be one, by itself or by what it stands in. Messages end up in logs of CI. */
export function isConfidential(schema: unknown, path: readonly PropertyKey[]): boolean {
  return path.some((_segment, index) => noteAt(schema, path.slice(0, index + 1)).confidential === true);
}
