import type { SettingsProblem } from "../../settings/problems";
import type { Program } from "../../settings/programRules";
import { isNetworkCidr } from "../../settings/ranges";
import { storeVariables } from "../../settings/secretEnvironment";
import type { UserPort, UserRoleSettings } from "../../settings/userRole";
import { isTakenUnit } from "../../setup/unitNames";

/** Roles of the stack file by name; none. */
export type UserRoles = Readonly<Record<string, UserRoleSettings>> | undefined;

/** Memory that system and Docker take, in MB. */
const systemMemoryMb = 512;

/** A container or a service of a role. */
interface RoleProgram extends Program {
  readonly role: string;
  readonly name: string;
  readonly ports: readonly UserPort[];
  readonly memoryMb: number;
}

/** Containers and services of all roles, as programs like all others. */
export function programsOf(roles: UserRoles): readonly RoleProgram[] {
  return Object.entries(roles ?? {}).flatMap(([role, { containers, services = {}, needs }]) => {
    const platformVariables = ["NODE_NAME", ...needs.flatMap((store) => storeVariables[store])];
    const ofKind = (kind: string, programs: Readonly<Record<string, Omit<RoleProgram, keyof Placed>>>) =>
      Object.entries(programs).map(([name, program]) => ({
        ...program,
        ...{ role, name, path: `roles.${role}.${kind}.${name}`, platformVariables },
      }));
    return [...ofKind("containers", containers), ...ofKind("services", services)];
  });
}

type Placed = Pick<RoleProgram, "role" | "name" | "path" | "platformVariables">;

export function emptyProblems(roles: UserRoles): readonly SettingsProblem[] {
  const used = new Set(programsOf(roles).map(({ role }) => role));
  return Object.keys(roles ?? {})
    .filter((role) => !used.has(role))
    .map((role) => ({
      path: `roles.${role}.containers`,
      value: "nothing",
      allowed: "a container or a service at least",
      remedy: "name what its machines run, or remove the role",
    }));
}

export function senderProblems(roles: UserRoles, known: readonly string[]): readonly SettingsProblem[] {
  const senders = [...known, ...Object.keys(roles ?? {}), "any"];
  return programsOf(roles).flatMap(({ path, ports }) =>
    ports.flatMap(({ from }, index) =>
      from
        .filter((sender) => !senders.includes(sender) && !isNetworkCidr(sender))
        .map((sender) => ({
          path: `${path}.ports[${index}].from`,
          value: sender,
          allowed: `a range, or one of ${senders.join(", ")}`,
          remedy: "correct the name",
        })),
    ),
  );
}

/** All programs of a machine share its network: the second one would not start. */
export function portProblems(roles: UserRoles): readonly SettingsProblem[] {
  const owners = new Map<string, string>();
  return programsOf(roles).flatMap(({ role, path, ports }) =>
    ports.flatMap(({ port, protocol }, index) => {
      const key = `${role} ${port}/${protocol}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, path);
      if (owner === undefined) return [];
      return [
        {
          path: `${path}.ports[${index}].port`,
          value: `${port}`,
          allowed: `a port of its own; ${owner} has this one`,
          remedy: "take another port for one of the two",
        },
      ];
    }),
  );
}

/** The unit of a program has its name: one of that name would replace what the machine needs, or the other program. */
export function unitProblems(roles: UserRoles): readonly SettingsProblem[] {
  const programs = programsOf(roles);
  return programs.flatMap(({ role, name, path }, index) => {
    const twin = programs.slice(0, index).find((other) => other.role === role && other.name === name);
    if (!isTakenUnit(name) && twin === undefined) return [];
    const allowed = "a name that no unit of the system and no other program of the role has";
    return [{ path, value: name, allowed, remedy: "take another name" }];
  });
}

export function dataProblems(roles: UserRoles): readonly SettingsProblem[] {
  return Object.entries(roles ?? {}).flatMap(([role, { containers, volumeGb }]) =>
    Object.entries(containers)
      .filter(([, { data }]) => data !== undefined && volumeGb === undefined)
      .map(([name, { data }]) => ({
        path: `roles.${role}.containers.${name}.data`,
        value: String(data),
        allowed: "nothing for a role without a volume",
        remedy: `set roles.${role}.volumeGb, or remove data`,
      })),
  );
}

export function memoryProblems(roles: UserRoles): readonly SettingsProblem[] {
  const programs = programsOf(roles);
  return Object.entries(roles ?? {}).flatMap(([name, { memoryGb, services = {} }]) => {
    const own = programs.filter(({ role }) => role === name);
    const wanted = own.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
    const free = memoryGb * 1024 - systemMemoryMb;
    if (wanted <= free) return [];
    const what = Object.keys(services).length === 0 ? "containers" : "containers and services";
    return [
      {
        path: `roles.${name}.containers`,
        value: `${wanted} MB for all ${what} of a machine`,
        allowed: `${Math.max(0, free)} MB (memoryGb ${memoryGb} less ${systemMemoryMb} MB for the system)`,
        remedy: `lower memoryMb, or raise roles.${name}.memoryGb`,
      },
    ];
  });
}
