import type { Plan } from "../plan/plan";
import { builtInRolesOf, planOf, rolesOf } from "../presets";
import { fitProblems } from "../presets/problems";
import { userRoleRules } from "../roles/container/rules";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { checkRules, type Rule } from "../settings/rules";
import { parseShape } from "../settings/shape";
import { completeSettings } from "./complete";
import { nameRules } from "./nameRules";
import { networkRules, plannedNetworkRules } from "./networkRules";
import { plannedRules, platformRules } from "./platformRules";
import { renamedPath } from "./renamedKeys";
import { roleRules } from "./roles";
import { stackSchema } from "./schema";
import { secretRules } from "./secretRules";
import type { PlatformSettings } from "./settings";
import type { PlannedInput, StackInput } from "./stackInput";

const chosenRoles = (settings: PlatformSettings) => builtInRolesOf(settings).map(({ name }) => name);

const rules: readonly Rule<StackInput>[] = [
  ...networkRules,
  ...roleRules,
  ...secretRules,
  ...platformRules,
  ...nameRules,
  ...userRoleRules(chosenRoles),
];

const rulesOfPlan: readonly Rule<PlannedInput>[] = [...plannedNetworkRules, ...plannedRules];

/** A platform as a stack's values say it, and as it is planned. */
export interface ParsedPlatform {
  readonly settings: PlatformSettings;
  readonly plan: Plan;
}

/**
 * Turns a stack's plain values (keys without the `hetzner-platform:` prefix, defaults of Pulumi.yaml merged)
 * into complete settings. Secrets are only checked, never returned. A program without stack configuration gives
 * the same keys as an object: `domain`, `adminRanges` and `app.services` are required, all others have defaults.
 *
 * @param stack name of the stack; the environment's name unless the values name another
 * @param known problems that the reader of the values has found already
 * @throws SettingsError with every mistake of the values
 * @example
 * const settings = parseSettings(
 *   {
 *     domain: "www.example.com",
 *     adminRanges: ["198.51.100.7/32"],
 *     app: { services: { web: { image: "example/shop:1.4.2", port: 3000, pathPrefix: "/" } } },
 *   },
 *   "prod",
 * );
 * settings.database.memoryGb; // 32
 */
export function parseSettings(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  known: readonly SettingsProblem[] = [],
): PlatformSettings {
  return parsePlatform(raw, stack, known).settings;
}

/** The same with the plan, which is made once and handed down. @throws SettingsError as `parseSettings` does */
export function parsePlatform(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  known: readonly SettingsProblem[] = [],
): ParsedPlatform {
  const named = { environment: shortName(stack), ...raw };
  const { values, given, problems } = parseShape(stackSchema, named, renamedPath);
  const settings = completeSettings(values);
  const roles = rolesOf(settings);
  const unfit = fitProblems(settings, roles);
  const plan = unfit.length === 0 ? planOf(settings, roles) : undefined;
  const found = [
    ...problems,
    ...checkRules(rules, { settings, given }, problems),
    ...(plan === undefined ? unfit : checkRules(rulesOfPlan, { settings, given, plan }, problems)),
  ];
  const reported = new Set(known.map(({ path }) => path));
  const all = [...known, ...found.filter(({ path }) => !reported.has(path))];
  if (all.length > 0 || plan === undefined) throw new SettingsError(stack, all);
  return { settings, plan };
}

/** `acme/hetzner-platform/prod` is the stack `prod` of an organization. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
