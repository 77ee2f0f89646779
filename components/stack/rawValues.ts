import { noteAt } from "../settings/fields";
import { stackSchema } from "./schema";

/**
 * The value of a top-level key. The engine hands everything over as text, and `pulumi config set` writes numbers
 * and flags as text: `"false"`. So text that looks like a number needs no quotes in a stack's file: `image: 331978001`.
 */
export function plainValue(key: string, value: unknown): unknown {
  const { kind } = noteAt(stackSchema, [key]);
  if (kind === "text" || kind === "secret") {
    return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  }
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
