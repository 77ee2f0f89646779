import { s0 } from "./rows/s0";
import { s1 } from "./rows/s1";
import { s2 } from "./rows/s2";
import { s3 } from "./rows/s3";
import { s4 } from "./rows/s4";

/**
 * What the platform is asked for, by id. A test that proves a row names its id in the title; a title that names
 * an id that does not stand here fails the run.
 */
export const rows: Readonly<Record<string, string>> = { ...s0, ...s1, ...s2, ...s3, ...s4 };

/** Ids that a title names, each as often as it stands there. */
export function rowsIn(title: string): string[] {
  return title.match(/\bS\d-\d+\b/g) ?? [];
}
