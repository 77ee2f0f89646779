import type { Plan } from "../plan/plan";
import type { GivenValues } from "./schema";
import type { PlatformSettings } from "./settings";

/** What a rule may look at: complete settings, and what the file itself says. */
export interface StackInput {
  readonly settings: PlatformSettings;
  readonly given: GivenValues;
}

/** The same of settings whose roles fit together. */
export interface PlannedInput extends StackInput {
  readonly plan: Plan;
}
