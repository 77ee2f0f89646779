import { mixedRoles } from "../plan/layers";
import { comingParts, type Role } from "../plan/role";
import { SettingsError, type SettingsProblem } from "../settings/problems";
import { presetOf, rolesOf } from ".";
import type { PlatformSettings } from "./settings";
import { withoutRoom } from "./subnets";

/** What is wrong with a preset's machines: more than one kind of work, no room in the network. */
export function presetProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  return [...mixedRoleProblems(settings), ...roomProblems(settings)];
}

function mixedRoleProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const strict = settings.strictRoles ?? presetOf(settings).strict;
  if (!strict) return [];
  return mixedRoles(rolesOf(settings)).map(({ role, layers }) => {
    const work = [...layers].map(([layer, parts]) => `${layer} (${parts.join(", ")})`).join(", ");
    return {
      path: "strictRoles",
      value: "true",
      allowed: `machines that do one kind of work each; ${role} would do ${layers.size}: ${work}`,
      remedy: "take preset: foobar or preset: scaleUp, which have them apart, or strictRoles: false",
    };
  });
}

function roomProblems(settings: PlatformSettings): readonly SettingsProblem[] {
  const { network, roles = {} } = settings;
  const planned = rolesOf(settings).map(({ name }) => name);
  // A role of the stack file names its subnet itself.
  return withoutRoom(
    network,
    planned.filter((name) => !(name in roles)),
  ).map((role) => ({
    path: "network.range",
    value: network.range,
    allowed: `a range with a free subnet for ${role} of preset ${presetOf(settings).name}`,
    remedy: "take a larger range, such as 10.0.0.0/16",
  }));
}

/** What `up` cannot build yet, as one problem with the whole list. @param roles @default - those of the preset */
export function comingPartProblems(
  settings: PlatformSettings,
  roles: readonly Role[] = rolesOf(settings),
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
export function requireBuilt(settings: PlatformSettings, roles?: readonly Role[]): void {
  const problems = comingPartProblems(settings, roles);
  if (problems.length > 0) throw new SettingsError(settings.environment, problems);
}
