import type { Part } from "../plan/part";
import { machinesOf, type Plan } from "../plan/plan";
import { offersOf, type Role } from "../plan/role";
import type { PlatformWide } from "../settings/platformWide";

/** What of a platform can fail alone and take something with it. */
export interface SinglePoints {
  readonly environment: string;
  /** Roles with one machine. */
  readonly single: readonly SinglePoint[];
  /** Roles whose other machines go on when one of them fails. */
  readonly doubled: readonly DoubledRole[];
  /** What all machines have in common. */
  readonly shared: readonly string[];
}

export interface SinglePoint {
  readonly role: string;
  /** Host name of the machine. */
  readonly machine: string;
  /** What stands still with it. */
  readonly parts: readonly string[];
  /** What it keeps, and where there are copies of it when this machine is lost. */
  readonly data: readonly KeptData[];
  /** Roles that need what it offers, over as many steps as it takes, in the order of the platform. */
  readonly neededBy: readonly string[];
  /** Visitors are answered by it, or by machines that need it. */
  readonly visitors: boolean;
}

export interface KeptData {
  /** `objects`. */
  readonly what: string;
  /** Where its last copy is: a role, or `outside` of the platform; null: there is none. */
  readonly copy: string | null;
}

export interface DoubledRole {
  readonly role: string;
  readonly machines: number;
  /** Parts that come later: without them the others may not go on by themselves. */
  readonly comesLater: readonly string[];
}

/** Over the plan alone: a machine is taken to be lost with all that is on it. */
export function singlePoints(plan: Plan, { environment, location }: PlatformWide): SinglePoints {
  const size = (role: Role) => machinesOf(plan, role.name).length;
  return {
    environment,
    single: plan.roles.filter((role) => size(role) === 1).map((role) => singlePoint(plan, role)),
    doubled: plan.roles
      .filter((role) => size(role) > 1)
      .map((role) => ({
        role: role.name,
        machines: size(role),
        comesLater: role.parts.filter(({ comesLater }) => comesLater).map(({ name }) => name),
      })),
    shared: [`location ${location}: all machines are in it, and the private network is one`],
  };
}

function singlePoint(plan: Plan, role: Role): SinglePoint {
  const neededBy = needers(plan.roles, role);
  const names = [role.name, ...neededBy];
  const takesVisitors = ({ from, to }: { readonly from: string; readonly to: string }) =>
    from === "internet" && names.includes(to);
  return {
    role: role.name,
    machine: machinesOf(plan, role.name)[0]?.hostname ?? role.name,
    parts: role.parts.map(({ title }) => title),
    data: role.parts.flatMap((part) => keptBy(plan.roles, role, part)),
    neededBy,
    visitors: plan.flows.some((flow) => flow.port !== null && takesVisitors(flow)),
  };
}

function keptBy(roles: readonly Role[], own: Role, { backup, offers = [] }: Part): readonly KeptData[] {
  if (backup === undefined) return [];
  const copies = roles.flatMap(({ name, parts }) =>
    parts.flatMap(({ backsUp }) =>
      backsUp?.offers.some((offer) => offers.includes(offer)) ? [backsUp.outside ? "outside" : name] : [],
    ),
  );
  // What lies on the machine that is lost is no copy.
  return [{ what: backup, copy: copies.find((place) => place !== own.name) ?? null }];
}

function needers(roles: readonly Role[], first: Role): readonly string[] {
  const found = new Set<string>();
  const visit = (offers: readonly string[]): void => {
    for (const role of roles) {
      const needs = role.parts.flatMap(({ needs = [] }) => needs.map(({ offer }) => offer));
      if (found.has(role.name) || role.name === first.name) continue;
      if (!needs.some((offer) => offers.includes(offer))) continue;
      found.add(role.name);
      visit(offersOf(role));
    }
  };
  visit(offersOf(first));
  return roles.map(({ name }) => name).filter((name) => found.has(name));
}

/** For people, a line each. Ends with a newline. */
export function renderSinglePoints({ environment, single, doubled, shared }: SinglePoints): string {
  const lines = [
    `${environment}: single points of failure`,
    ...single.flatMap(singleLines),
    ...shared.map((line) => `- ${line}`),
    doubled.length === 0 ? "No kind of machine has a second one" : "Goes on when one machine fails",
    ...doubled.map(
      ({ role, machines, comesLater }) =>
        `- ${role}: ${machines} machines${comesLater.length === 0 ? "" : `; of their parts come later: ${comesLater.join(", ")}`}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function singleLines({ role, machine, parts, data, neededBy, visitors }: SinglePoint): readonly string[] {
  const needers = neededBy.length === 0 ? "no other machine needs it" : `needed by ${neededBy.join(", ")}`;
  const reach = visitors ? "visitors notice" : "visitors do not notice";
  return [
    `- ${role}: one machine, ${machine}; ${needers}; ${reach}`,
    ...parts.map((title) => `  - ${title}`),
    ...data.map(({ what, copy }) => `  lost with it: ${lossText(what, copy)}`),
  ];
}

function lossText(what: string, copy: string | null): string {
  if (copy === null) return `${what}, of which there is no copy`;
  const place = copy === "outside" ? "outside of the platform" : `on ${copy}`;
  return `what came to ${what} since the last copy ${place}`;
}
