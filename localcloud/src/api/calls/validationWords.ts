// What is wrong with a field, in the words that the API uses: its description shows `is too long`, and what is missing
// or of the wrong type is told as its validator does. Without this, clients would show those of ours.
import type { z } from "zod";

const types: Readonly<Record<string, string>> = {
  string: "Not a valid string.",
  number: "Not a valid number.",
  int: "Not a valid integer.",
  safeint: "Not a valid integer.",
  boolean: "Not a valid boolean.",
  array: "Not a valid list.",
  object: "Not a valid object.",
  record: "Not a valid object.",
};

/** Words for an issue whose schema has none of its own; undefined leaves it to the library. */
export function validationWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return "Missing data for required field.";
  switch (issue.code) {
    case "invalid_type":
      return types[issue.expected] ?? `Not a valid ${issue.expected}.`;
    case "invalid_value":
      return `Must be one of: ${issue.values.map(String).join(", ")}.`;
    case "invalid_union":
      return "Not a valid value.";
    case "invalid_format":
      return `Not a valid ${issue.format}.`;
    case "too_big":
      return size(issue.origin, Number(issue.maximum), "long", "less");
    case "too_small":
      return size(issue.origin, Number(issue.minimum), "short", "greater");
    default:
      return undefined;
  }
}

function size(origin: string, limit: number, length: string, comparison: string): string {
  const isNumber = origin === "number" || origin === "int" || origin === "bigint";
  return isNumber ? `Must be ${comparison} than or equal to ${limit}.` : `is too ${length}`;
}
