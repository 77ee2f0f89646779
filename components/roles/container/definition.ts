import {
  addressesOf,
  type CreatedRole,
  environmentsOf,
  imagesByName,
  orderedAs,
  type Place,
  privateArgs,
  type Surroundings,
} from "../../machine/surroundings";
import type { PlatformWide } from "../../settings/platformWide";
import type { UserRoleSettings } from "../../settings/userRole";
import { ContainerMachines, type ContainerMachinesArgs } from ".";
import { containerRole } from "./role";

/** The roles that a stack file defines. */
export function containerDefinitions({ roles = {} }: PlatformWide) {
  return Object.entries(roles).map(([role, own]) => ({
    name: role,
    roleIn: () => containerRole(role, own),
    createIn: (wide: PlatformWide, surroundings: Omit<Surroundings, "wide">, place: Place) =>
      create([role, own], { ...surroundings, wide }, place),
  }));
}

function create(role: NamedRole, surroundings: Surroundings, { name, parent }: Place): CreatedRole {
  const { platform } = surroundings;
  const machines = new ContainerMachines(name, containerArgs(role, surroundings), { parent }, platform);
  return { component: machines, serverIds: machines.serverIds, configured: machines.configured };
}

type NamedRole = readonly [name: string, settings: UserRoleSettings];

/** Of a platform, what the machines of a role of its stack file need to know. */
export function containerArgs([role, own]: NamedRole, surroundings: Surroundings): ContainerMachinesArgs {
  const { wide, platform, inputs, offers, resolveImage } = surroundings;
  return {
    ...privateArgs(surroundings),
    ...orderedAs(own, wide),
    role,
    addresses: addressesOf(platform.plan, role),
    containers: own.containers,
    images: imagesByName(own.containers, resolveImage),
    services: own.services ?? {},
    packages: [...(own.packages ?? [])],
    ...(own.volumeGb !== undefined && { volumeGb: own.volumeGb }),
    stores: environmentsOf(offers, own.needs),
    secrets: inputs.secrets ?? {},
  };
}
