import { z } from "zod";
import { SettingsError, type SettingsProblem } from "./problems";
import { checkRules, type Rule } from "./rules";
import { parseShape } from "./shape";

/** Settings as somebody writes them: what is left out gets its default. */
export type Given<T> = T extends readonly (infer Item)[]
  ? readonly Given<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Given<T[Key]> | undefined }
    : T;

/** All that is known of the settings of one role, as a plain value. */
export interface RoleSettings<Name extends string, Settings, Input> {
  /** Key of the role's section, and of its subnet. */
  readonly name: Name;
  /** Shape, defaults and descriptions of the section; its output are complete settings. */
  readonly schema: z.ZodType<Settings, Given<Settings> | undefined>;
  /** Rules between values. */
  readonly rules: readonly Rule<Input>[];
}

/**
 * The settings of one role alone, for a program without a stack's file: what is left out gets its default.
 *
 * @param values as they would stand in the role's section
 * @param around what the role's rules look at beside it: settings of the platform, its location for example
 * @param given what a stack's file would say in other sections, secrets for example @default - nothing
 * @throws SettingsError with every mistake of the values
 * @example
 * const database = parseRole(databaseSettings, { memoryGb: 16, cacheEngine: "redis" }, { location: "nbg1" });
 * database.databaseName; // "app"
 */
export function parseRole<Name extends string, Settings, Input extends { readonly settings: object }>(
  role: RoleSettings<Name, Settings, Input>,
  values: Given<Settings>,
  around: Omit<Input["settings"], Name>,
  given: Readonly<Record<string, unknown>> = {},
): Settings {
  const section = z.strictObject({ [role.name]: role.schema });
  const shaped = parseShape(section, { [role.name]: values });
  const settings = { ...around, ...shaped.values };
  const input = { settings, given: { ...given, ...shaped.given } } as unknown as Input;
  const problems: readonly SettingsProblem[] = [
    ...shaped.problems,
    ...checkRules(role.rules, input, shaped.problems),
  ];
  if (problems.length > 0) throw new SettingsError(role.name, problems, "role");
  return shaped.values[role.name] as Settings;
}
