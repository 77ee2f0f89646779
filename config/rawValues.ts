import { secretKeys } from "./schema";

const textKeys: readonly string[] = ["environment", "domain", "location", "image", ...secretKeys];

/**
 * The value of a top-level key. The engine hands everything over as text, and `pulumi config set` writes numbers
 * and flags as text: `"false"`.
 */
export function plainValue(key: string, value: unknown): unknown {
  if (typeof value !== "string" || textKeys.includes(key)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
