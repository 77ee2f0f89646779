import { reservedSenders } from "../../plan/part";
import { firstHost } from "../../plan/plan";
import { sizeProblems } from "../../settings/machineSize";
import type { SettingsProblem } from "../../settings/problems";
import { type Program, type ProgramInput, programRules } from "../../settings/programRules";
import { contains, ipv4Range, isNetworkCidr, overlaps } from "../../settings/ranges";
import type { Rule } from "../../settings/rules";
import { storeVariables } from "../../settings/secretEnvironment";
import type { UserRoleSettings } from "../../settings/userRole";
import { isTakenUnit } from "../../setup/unitNames";

/** What the rules look at. */
interface Around {
  readonly location: string;
  readonly network: { readonly range: string; readonly subnets: Readonly<Record<string, string>> };
  readonly roles?: Readonly<Record<string, UserRoleSettings>>;
}

/** Memory that system and Docker take, in MB. */
const systemMemoryMb = 512;

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
    { reads: ["roles"], check: ({ settings }) => senderProblems(settings, known(settings)) },
    { reads: ["roles"], check: ({ settings }) => memoryProblems(settings) },
    { reads: ["roles"], check: ({ settings }) => unitProblems(settings) },
    ...programRules("roles", containerPrograms),
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

function senderProblems(
  settings: Pick<Around, "roles">,
  known: readonly string[],
): readonly SettingsProblem[] {
  const senders = [...known, ...rolesOf(settings).map(([name]) => name), "any"];
  return rolesOf(settings).flatMap(([role, { containers }]) =>
    Object.entries(containers).flatMap(([name, { ports }]) =>
      ports.flatMap(({ from }, index) =>
        from
          .filter((sender) => !senders.includes(sender) && !isNetworkCidr(sender))
          .map((sender) => ({
            path: `roles.${role}.containers.${name}.ports[${index}].from`,
            value: sender,
            allowed: `a range, or one of ${senders.join(", ")}`,
            remedy: "correct the name",
          })),
      ),
    ),
  );
}

/** The containers as programs like all others. */
function containerPrograms(settings: Pick<Around, "roles">): readonly Program[] {
  return rolesOf(settings).flatMap(([role, { containers, needs }]) =>
    Object.entries(containers).map(([name, { environment, secrets }]) => ({
      path: `roles.${role}.containers.${name}`,
      environment,
      secrets,
      platformVariables: ["NODE_NAME", ...needs.flatMap((store) => storeVariables[store])],
    })),
  );
}

/** The unit of a container has its name, and a unit of that name would replace what the machine needs. */
function unitProblems(settings: Pick<Around, "roles">): readonly SettingsProblem[] {
  return rolesOf(settings).flatMap(([role, { containers }]) =>
    Object.keys(containers)
      .filter(isTakenUnit)
      .map((name) => ({
        path: `roles.${role}.containers.${name}`,
        value: name,
        allowed: "a name that no unit of the system has",
        remedy: "rename the container",
      })),
  );
}

function memoryProblems(settings: Pick<Around, "roles">): readonly SettingsProblem[] {
  return rolesOf(settings).flatMap(([name, { containers, memoryGb }]) => {
    const wanted = Object.values(containers).reduce((sum, { memoryMb }) => sum + memoryMb, 0);
    const free = memoryGb * 1024 - systemMemoryMb;
    if (wanted <= free) return [];
    return [
      {
        path: `roles.${name}.containers`,
        value: `${wanted} MB for all containers of a machine`,
        allowed: `${Math.max(0, free)} MB (memoryGb ${memoryGb} less ${systemMemoryMb} MB for the system)`,
        remedy: `lower memoryMb, or raise roles.${name}.memoryGb`,
      },
    ];
  });
}
