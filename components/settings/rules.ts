import type { SettingsProblem } from "./problems";

/**
 * A rule between several values. What it looks at is its input: complete `settings`, and under `given` what the file
 * itself says.
 */
export interface Rule<Input> {
  /** Paths that it looks at; it is left out when one of them has the wrong shape anyway. */
  readonly reads: readonly string[];
  readonly check: (input: Input) => readonly SettingsProblem[];
}

/** The problems of all rules whose values have the right shape. */
export function checkRules<Input>(
  rules: readonly Rule<Input>[],
  input: Input,
  shapeProblems: readonly SettingsProblem[],
): readonly SettingsProblem[] {
  const wrong = (read: string) =>
    shapeProblems.some(({ path }) => isWithin(path, read) || isWithin(read, path));
  return rules.filter((rule) => !rule.reads.some(wrong)).flatMap((rule) => rule.check(input));
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
