import type { Plan } from "../plan/plan";
import {
  type SettledChange,
  type SettledRules,
  type SettledSettings,
  settledChanges,
  settledValues,
  withTodaysPaths,
} from "../settings/settled";
import { renamedPath } from "./renamedKeys";
import { roleSettled } from "./roles";
import type { PlatformSettings } from "./settings";
import { anotherStack, settledSubnets, subnetChanges } from "./settledSubnets";

const rebuilds = () => "machines, volume and addresses would be replaced by new, empty ones";

/** Everything that data depends on, besides the subnets: of the whole platform, and of each role. */
export const settledRules: SettledRules<PlatformSettings> = {
  environment: {
    read: ({ environment }) => environment,
    effect: () =>
      "every machine, network and volume would get another name (the stack's name is only the default)",
    remedy: (before) => `run: pulumi config set environment ${before}`,
  },
  location: {
    read: ({ location }) => location,
    effect: rebuilds,
    remedy: (before) => `set it back to ${before}: ${anotherStack}`,
  },
  "network.range": {
    read: ({ network }) => network.range,
    effect: rebuilds,
    remedy: (before) => `set it back to ${before}: ${anotherStack}`,
  },
  ...roleSettled,
};

/** What a stack remembers of its settings. */
export function settledSettings(settings: PlatformSettings, plan: Plan): SettledSettings {
  return { ...settledValues(settledRules, settings), ...settledSubnets(settings, plan) };
}

/**
 * Every change that must not be applied.
 *
 * @param remembered by this version or an earlier one
 */
export function refusedChanges(
  remembered: SettledSettings,
  settings: PlatformSettings,
  plan: Plan,
): readonly SettledChange[] {
  const before = withTodaysPaths(remembered, renamedPath);
  return [...settledChanges(settledRules, before, settings), ...subnetChanges(before, settings, plan)];
}
