import type { Plan } from "../plan/plan";
import { freeSubnet } from "../presets/subnets";
import { overlaps, requireIpv4Range } from "../settings/ranges";
import type { SettledChange, SettledSettings } from "../settings/settled";
import type { PlatformSettings } from "./settings";

/** Ranges by role. */
type Subnets = Readonly<Record<string, string>>;

export const anotherStack =
  "for another one create another stack beside this one and restore its backups there";

const effect = "Hetzner keeps a subnet while machines are in it, and moving them cuts their way out";

/** What is remembered of every role's subnet: of those that have machines, and of those that have a place kept. */
export function settledSubnets({ network }: PlatformSettings, plan: Plan): SettledSettings {
  return Object.fromEntries(
    Object.entries({ ...network.subnets, ...plan.network.subnets }).map(([role, subnet]) => [
      `${prefix}${role}`,
      subnet,
    ]),
  );
}

/**
 * Every role whose subnet would move, and every new one over that of a role that goes in the same update: the engine
 * makes it before it deletes the other. A role that is gone from the record has freed its subnet.
 *
 * @param remembered with paths as they are called today
 */
export function subnetChanges(
  remembered: SettledSettings,
  settings: PlatformSettings,
  plan: Plan,
): readonly SettledChange[] {
  // Most subnets follow from the range, which is refused by itself.
  if ((remembered["network.range"] ?? settings.network.range) !== settings.network.range) return [];
  const [before, now] = [byRole(remembered), byRole(settledSubnets(settings, plan))];
  return Object.entries(now).flatMap(([role, subnet]) => {
    const was = before[role];
    if (was !== undefined) return was === subnet ? [] : [moved(settings, role, was, subnet)];
    const gone = Object.entries(before).find(
      ([other, range]) => !(other in now) && overlaps(requireIpv4Range(range), requireIpv4Range(subnet)),
    );
    return gone === undefined ? [] : [taken(settings, role, subnet, gone, { ...now, ...before })];
  });
}

const prefix = "network.subnets.";

function byRole(record: SettledSettings): Subnets {
  const subnets = Object.entries(record).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(subnets.map(([path, subnet]) => [path.slice(prefix.length), String(subnet)]));
}

function moved(settings: PlatformSettings, role: string, before: string, after: string): SettledChange {
  const path = settingOf(settings, role);
  const remedy = isNamed(settings, role)
    ? `set it back to ${before}: ${anotherStack}`
    : `it follows from the other roles while nobody names it: set ${path}: ${before}`;
  return { path, before, after, effect, remedy };
}

function taken(
  settings: PlatformSettings,
  role: string,
  after: string,
  [gone, range]: readonly [string, string],
  all: Subnets,
): SettledChange {
  const path = settingOf(settings, role);
  const free = freeSubnet(settings.network.range, Object.values(all));
  const choose = free === undefined ? "" : `set ${path}: ${free}, or `;
  return {
    path,
    before: `${range} of ${gone}`,
    after,
    effect: `the subnet of ${gone} goes after the new one is made, and Hetzner takes no two over each other`,
    remedy: `${choose}run up once without ${role}`,
  };
}

/** Where a stack file names the subnet of a role. */
function settingOf({ roles = {} }: PlatformSettings, role: string): string {
  return role in roles ? `roles.${role}.subnet` : `${prefix}${role}`;
}

function isNamed({ network, roles = {} }: PlatformSettings, role: string): boolean {
  return role in network.subnets || roles[role]?.subnet !== undefined;
}
