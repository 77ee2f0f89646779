import { type Plan, planRoles } from "../plan/plan";
import type { Role } from "../plan/role";
import { behindOneAnother } from "../plan/standing";
import { overMutualTls } from "../plan/tiers";
import { roleDefinitions } from "../roles";
import { containerRole } from "../roles/container/role";
import { visitorNames } from "../settings/visitorNames";
import { dhanman } from "./dhanman";
import { foobar } from "./foobar";
import { multiServer } from "./multiServer";
import { PresetName } from "./name";
import type { Preset } from "./preset";
import { scaleUp } from "./scaleUp";
import { separated } from "./separated";
import type { PlatformSettings } from "./settings";
import { namedNetwork, subnetsFor } from "./subnets";

/** All of them, by name. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  multiServer,
  foobar,
  separated,
  dhanman,
  scaleUp,
};

export function presetOf({ preset = PresetName.MultiServer }: Pick<PlatformSettings, "preset">): Preset {
  return presets[preset];
}

/**
 * The plan of a platform: computed once, then handed down.
 *
 * @throws when the roles do not fit together
 */
export function planPlatform(settings: PlatformSettings): Plan {
  return planOf(settings, rolesOf(settings));
}

/** The same of roles that are known already. */
export function planOf(settings: PlatformSettings, roles: readonly Role[]): Plan {
  const { environment, network } = settings;
  const subnets = subnetsFor(
    namedNetwork(settings),
    roles.map(({ name }) => name),
  );
  const names = visitorNames(settings);
  return planRoles({ environment, network: { range: network.range, subnets }, names }, roles);
}

/** The kinds of machines that the settings choose: the preset's, those that have a section, those of the stack file. */
export function rolesOf(settings: PlatformSettings): readonly Role[] {
  const own = Object.entries(settings.roles ?? {}).map(([name, role]) => containerRole(name, role));
  // A name that is taken is refused by the rules, all of which are to be heard.
  return overMutualTls(behindOneAnother(eachOnce([...builtInRolesOf(settings), ...own])), settings);
}

/** The same without those of the stack file. */
export function builtInRolesOf(settings: PlatformSettings): readonly Role[] {
  const named = roleDefinitions
    .filter(({ isOptional }) => isOptional)
    .flatMap(({ roleIn }) => roleIn(settings) ?? []);
  return eachOnce([...presetOf(settings).roles(settings), ...named]);
}

function eachOnce(roles: readonly Role[]): readonly Role[] {
  return roles.filter(({ name }, index) => roles.findIndex((role) => role.name === name) === index);
}
