import { environmentRules } from "../roles/app/environmentRules";
import { serviceRules } from "../roles/app/serviceRules";
import { certificateRules } from "../roles/edge/certificateRules";
import { machineRules } from "../settings/machineSize";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { checkRules } from "../settings/rules";
import type { PlatformSettings } from "../settings/settings";
import { parseShape } from "../settings/shape";
import { completeSettings } from "./complete";
import { networkRules } from "./networkRules";
import { platformRules } from "./platformRules";
import { secretRules } from "./secretRules";

const rules = [
  ...networkRules,
  ...machineRules,
  ...serviceRules,
  ...environmentRules,
  ...secretRules,
  ...platformRules,
  ...certificateRules,
];

/**
 * Turns a stack's plain values (keys without the `hetzner-platform:` prefix, defaults of Pulumi.yaml merged)
 * into complete settings. Secrets are only checked, never returned. A program without stack configuration gives
 * the same keys as an object: `domain`, `adminRanges` and `app.services` are required, all others have defaults.
 *
 * @param stack name of the stack; the environment's name unless the values name another
 * @param known problems that the reader of the values has found already
 * @throws SettingsError with every mistake of the values
 */
export function parseSettings(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  known: readonly SettingsProblem[] = [],
): PlatformSettings {
  const { values, problems } = parseShape({ environment: shortName(stack), ...raw });
  const settings = completeSettings(values);
  const reported = new Set(known.map(({ path }) => path));
  const found = [...problems, ...checkRules(rules, { settings, values }, problems)];
  const all = [...known, ...found.filter(({ path }) => !reported.has(path))];
  if (all.length > 0) throw new SettingsError(stack, all);
  return settings;
}

/** `acme/hetzner-platform/prod` is the stack `prod` of an organization. */
export function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
