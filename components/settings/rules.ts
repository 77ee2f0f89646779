import type { StackValues } from "../stack/schema";
import type { SettingsProblem } from "./problems";
import type { PlatformSettings } from "./settings";

/** What a rule may look at: complete settings, and what the file itself says. */
export interface RuleInput {
  readonly settings: PlatformSettings;
  readonly values: StackValues;
}

/** A rule between several values. */
export interface Rule {
  /** Paths that it looks at; it is left out when one of them has the wrong shape anyway. */
  readonly reads: readonly string[];
  readonly check: (input: RuleInput) => readonly SettingsProblem[];
}

/** The problems of all rules whose values have the right shape. */
export function checkRules(
  rules: readonly Rule[],
  input: RuleInput,
  shapeProblems: readonly SettingsProblem[],
): readonly SettingsProblem[] {
  const wrong = (read: string) =>
    shapeProblems.some(({ path }) => isWithin(path, read) || isWithin(read, path));
  return rules.filter((rule) => !rule.reads.some(wrong)).flatMap((rule) => rule.check(input));
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
