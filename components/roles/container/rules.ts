import { reservedSenders } from "../../plan/part";
import { firstHost } from "../../plan/plan";
import { sizeProblems } from "../../settings/machineSize";
import type { SettingsProblem } from "../../settings/problems";
import { type ProgramInput, programRules } from "../../settings/programRules";
import { contains, ipv4Range, overlaps } from "../../settings/ranges";
import type { Rule } from "../../settings/rules";
import type { UserRoleSettings } from "../../settings/userRole";
import {
  dataProblems,
  emptyProblems,
  memoryProblems,
  portProblems,
  programsOf,
  senderProblems,
  unitProblems,
} from "./roleProblems";

/** What the rules look at. */
interface Around {
  readonly location: string;
  readonly network: { readonly range: string; readonly subnets: Readonly<Record<string, string>> };
  readonly roles?: Readonly<Record<string, UserRoleSettings>>;
}

/** What is wrong with roles of the stack file. @param known names of the other roles */
export function userRoleRules<Settings extends Around>(
  known: (settings: Settings) => readonly string[],
): readonly Rule<ProgramInput<Settings>>[] {
  return [
    { reads: ["roles", "network"], check: ({ settings }) => subnetProblems(settings) },
    { reads: ["roles", "location"], check: ({ settings }) => machineProblems(settings) },
    ...containerRules(known),
  ];
}

/** The same without what depends on a platform's network: for machines that stand alone. */
export function containerRules<Settings extends Pick<Around, "roles">>(
  known: (settings: Settings) => readonly string[],
): readonly Rule<ProgramInput<Settings>>[] {
  return [
    { reads: ["roles"], check: ({ settings }) => nameProblems(settings, known(settings)) },
    { reads: ["roles"], check: ({ settings }) => senderProblems(settings.roles, known(settings)) },
    ...[emptyProblems, portProblems, memoryProblems, unitProblems, dataProblems].map((check) => ({
      reads: ["roles"],
      check: ({ settings }: { readonly settings: Settings }) => check(settings.roles),
    })),
    ...programRules("roles", ({ roles }: Settings) => programsOf(roles)),
  ];
}

const rolesOf = ({ roles = {} }: Pick<Around, "roles">) => Object.entries(roles);

function subnetProblems(settings: Around): readonly SettingsProblem[] {
  const { range, subnets } = settings.network;
  const all = [
    ...Object.entries(subnets).map(([name, subnet]) => [`network.subnets.${name}`, subnet] as const),
    ...rolesOf(settings).map(([name, { subnet }]) => [`roles.${name}.subnet`, subnet] as const),
  ];
  return rolesOf(settings).flatMap(([name, { subnet, count }]) => {
    if (subnet === undefined) return [];
    const path = `roles.${name}.subnet`;
    const [own, whole] = [ipv4Range(subnet), ipv4Range(range)];
    if (own === undefined || whole === undefined) return [];
    const problem = (allowed: string): SettingsProblem[] => [
      { path, value: subnet, allowed, remedy: "move the subnet, or take a shorter prefix" },
    ];
    if (!contains(whole, own)) return problem(`a subnet inside network.range ${range}`);
    // The last address is the broadcast address.
    if (own.first + firstHost + count > own.last + 1)
      return problem(`a subnet with room for ${count} machines`);
    const taken = all.find(([other, text]) => {
      const theirs = text === undefined ? undefined : ipv4Range(text);
      return other !== path && theirs !== undefined && overlaps(own, theirs);
    });
    return taken === undefined ? [] : problem(`a subnet apart from ${taken[0]} ${taken[1]}`);
  });
}

/** No server type of the location has what the machines need. */
function machineProblems({ location, ...settings }: Around): readonly SettingsProblem[] {
  return rolesOf(settings).flatMap(([name, role]) => sizeProblems(`roles.${name}`, role, location));
}

function nameProblems(settings: Pick<Around, "roles">, known: readonly string[]): readonly SettingsProblem[] {
  const reserved = [...known, ...reservedSenders];
  return rolesOf(settings)
    .filter(([name]) => reserved.includes(name))
    .map(([name]) => ({
      path: `roles.${name}`,
      value: name,
      allowed: `a name that is not taken: ${reserved.join(", ")} are`,
      remedy: "rename the role",
    }));
}
