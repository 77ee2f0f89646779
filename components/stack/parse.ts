import { presetOf } from "../presets";
import { userRoleRules } from "../roles/container/rules";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { checkRules, type Rule } from "../settings/rules";
import { parseShape } from "../settings/shape";
import { completeSettings } from "./complete";
import { networkRules } from "./networkRules";
import { platformRules } from "./platformRules";
import { renamedPath } from "./renamedKeys";
import { roleRules } from "./roles";
import { type GivenValues, stackSchema } from "./schema";
import { secretRules } from "./secretRules";
import type { PlatformSettings } from "./settings";

/** What a rule may look at: complete settings, and what the file itself says. */
export interface StackInput {
  readonly settings: PlatformSettings;
  readonly given: GivenValues;
}

const chosenRoles = (settings: PlatformSettings) =>
  presetOf(settings)
    .roles(settings)
    .map(({ name }) => name);

const rules: readonly Rule<StackInput>[] = [
  ...networkRules,
  ...roleRules,
  ...secretRules,
  ...platformRules,
  ...userRoleRules(chosenRoles),
];

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
  const named = { environment: shortName(stack), ...raw };
  const { values, given, problems } = parseShape(stackSchema, named, renamedPath);
  const settings = completeSettings(values);
  const reported = new Set(known.map(({ path }) => path));
  const found = [...problems, ...checkRules(rules, { settings, given }, problems)];
  const all = [...known, ...found.filter(({ path }) => !reported.has(path))];
  if (all.length > 0) throw new SettingsError(stack, all);
  return settings;
}

/** `acme/hetzner-platform/prod` is the stack `prod` of an organization. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
