import type { Part } from "../../plan/part";
import type { Role } from "../../plan/role";
import type { UserContainer, UserRoleSettings } from "../../settings/userRole";

/** Private machines that a stack file defines. */
export function containerRole(name: string, settings: UserRoleSettings): Role {
  const needs = settings.needs.map((offer) => ({ offer, purpose: `${offer} of ${name}` }));
  return {
    name,
    title: `Machines of ${name}`,
    machineTitle: name,
    count: settings.count,
    grows: true,
    size: settings,
    isPublic: false,
    parts: Object.entries(settings.containers).map(([part, container]) => ({
      ...containerPart(part, container),
      needs,
    })),
  };
}

function containerPart(name: string, { image, ports, memoryMb }: UserContainer): Part {
  return {
    name,
    title: `${name} (${image})`,
    image,
    memoryMb,
    listens: ports.map(({ port, protocol, from }) => ({ port, protocol, from, purpose: name })),
  };
}
