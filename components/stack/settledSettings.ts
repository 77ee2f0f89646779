import type { RoleName } from "../roles/sections";
import {
  type SettledChange,
  type SettledRule,
  type SettledRules,
  type SettledSettings,
  settledChanges,
  settledValues,
} from "../settings/settled";
import { renamedPath } from "./renamedKeys";
import { roleNames, roleSettled } from "./roles";
import type { PlatformSettings } from "./settings";

const anotherStack = "for another one create another stack beside this one and restore its backups there";

const rebuilds = () => "machines, volume and addresses would be replaced by new, empty ones";

const subnet = (role: RoleName): SettledRule<PlatformSettings> => ({
  read: ({ network }) => network.subnets[role],
  // Most subnets follow from the range, which is refused by itself.
  mayBecome: (_before, _after, _settings, others) => others["network.range"] === true,
  effect: () => "Hetzner keeps a subnet while machines are in it, and moving them cuts their way out",
  remedy: (before) => `set it back to ${before}: ${anotherStack}`,
});

/** Everything that data depends on: of the whole platform, and of each role. */
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
  ...Object.fromEntries(roleNames.map((role) => [`network.subnets.${role}`, subnet(role)])),
  ...roleSettled,
};

/** What a stack remembers of its settings. */
export function settledSettings(settings: PlatformSettings): SettledSettings {
  return settledValues(settledRules, settings);
}

/**
 * Every change that must not be applied.
 *
 * @param remembered by this version or an earlier one
 */
export function refusedChanges(
  remembered: SettledSettings,
  settings: PlatformSettings,
): readonly SettledChange[] {
  return settledChanges(settledRules, remembered, settings, renamedPath);
}
