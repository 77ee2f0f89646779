import type { Part } from "../../plan/part";
import type { Role } from "../../plan/role";
import type { UserContainer, UserRoleSettings, UserService } from "../../settings/userRole";

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
    ...(settings.volumeGb !== undefined && {
      volume: { sizeGb: settings.volumeGb, purpose: `data of ${name}` },
    }),
    parts: [
      ...Object.entries(settings.containers).map(([part, container]) => containerPart(part, container)),
      ...Object.entries(settings.services ?? {}).map(([part, service]) => servicePart(part, service)),
    ].map((part) => ({ ...part, needs })),
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

function servicePart(name: string, { exec, ports, memoryMb }: UserService): Part {
  return {
    name,
    title: `${name} (${exec.split(" ")[0]})`,
    memoryMb,
    listens: ports.map(({ port, protocol, from }) => ({ port, protocol, from, purpose: name })),
  };
}
