import { mixedRoles } from "../plan/layers";
import { needProblems } from "../plan/order";
import { comingParts, type Role } from "../plan/role";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { presetOf } from ".";
import type { PlatformSettings } from "./settings";
import { namedNetwork, withoutRoom } from "./subnets";

/** What is wrong with a preset's machines: more than one kind of work, no room in the network. */
export function presetProblems(
  settings: PlatformSettings,
  roles: readonly Role[],
): readonly SettingsProblem[] {
  return [...mixedRoleProblems(settings, roles), ...roomProblems(settings, roles)];
}

/** Roles that need what nobody offers, or one another in a circle: there is no plan of them. */
export function fitProblems(settings: PlatformSettings, roles: readonly Role[]): readonly SettingsProblem[] {
  const problems = needProblems(roles);
  if (problems.length === 0) return [];
  return [
    {
      path: "preset",
      value: presetOf(settings).name,
      allowed: `roles that fit together: ${problems.join("; ")}`,
      remedy: "correct what the roles need, or take a preset that offers it",
    },
  ];
}

function mixedRoleProblems(settings: PlatformSettings, roles: readonly Role[]): readonly SettingsProblem[] {
  const strict = settings.strictRoles ?? presetOf(settings).strict;
  if (!strict) return [];
  return mixedRoles(roles).map(({ role, layers }) => {
    const work = [...layers].map(([layer, parts]) => `${layer} (${parts.join(", ")})`).join(", ");
    return {
      path: "strictRoles",
      value: "true",
      allowed: `machines that do one kind of work each; ${role} would do ${layers.size}: ${work}`,
      remedy: "take preset: foobar or preset: scaleUp, which have them apart, or strictRoles: false",
    };
  });
}

function roomProblems(settings: PlatformSettings, planned: readonly Role[]): readonly SettingsProblem[] {
  const names = planned.map(({ name }) => name);
  return withoutRoom(namedNetwork(settings), names).map((role) => ({
    path: "network.range",
    value: settings.network.range,
    allowed: `a range with a free subnet for ${role} of ${role in (settings.roles ?? {}) ? "the stack file" : `preset ${presetOf(settings).name}`}`,
    remedy: "take a larger range, such as 10.0.0.0/16",
  }));
}

/** What `up` cannot build yet, as one problem with the whole list. */
export function comingPartProblems(
  settings: PlatformSettings,
  roles: readonly Role[],
): readonly SettingsProblem[] {
  const coming = comingParts(roles).map(({ role, part }) => `${part.name} of ${role}`);
  if (coming.length === 0) return [];
  return [
    {
      path: "preset",
      value: presetOf(settings).name,
      allowed: `a preset whose parts can all be built; these come later: ${coming.join(", ")}`,
      remedy: "take preset: multiServer; describe, estimate and the rules work with this one today",
    },
  ];
}

/** @throws SettingsError when a part has no component that builds it */
export function requireBuilt(settings: PlatformSettings, roles: readonly Role[]): void {
  const problems = comingPartProblems(settings, roles);
  if (problems.length > 0) throw new SettingsError(settings.environment, problems);
}
