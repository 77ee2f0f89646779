import type { Plan } from "../plan/plan";
import type { PlatformWide } from "../settings/platformWide";
import { describeSize } from "../sizing/resolve";
import {
  describePlatform,
  type MachineDescription,
  type PlatformDescription,
  type RoleDescription,
  type ServiceDescription,
} from "./description";

/** The platform as a tree of hyphens: roles, machines, what runs on them. Ends with a newline. */
export function describeTree(settings: PlatformWide, plan: Plan): string {
  return renderTree(describePlatform(settings, plan));
}

export function renderTree(description: PlatformDescription): string {
  const { environment, city, location, networkZone, networkRange } = description;
  const lines = [
    `${environment}: ${description.names[0] ?? description.domain}`,
    ...nameLines(description),
    `- Location ${location} (${city}, ${networkZone})`,
    `- Private network ${networkRange}`,
    ...description.roles.flatMap(roleLines),
    ...comingLines(description.comesLater),
  ];
  return `${lines.join("\n")}\n`;
}

/** Nothing while the domain is the only name and its records are nobody's. */
function nameLines({ names, aliases, zone }: PlatformDescription): readonly string[] {
  return [
    ...(names.length > 1 ? [`- Names ${names.join(", ")}`] : []),
    ...(aliases.length > 0 ? [`- Sent on from ${aliases.join(", ")}`] : []),
    ...(zone === null ? [] : [`- Records in DNS zone ${zone}`]),
  ];
}

function comingLines(parts: readonly string[]): readonly string[] {
  return parts.length === 0
    ? []
    : ["Comes later, and pulumi up refuses the platform until then", ...parts.map((part) => `- ${part}`)];
}

function roleLines(role: RoleDescription): readonly string[] {
  const orders = role.orders.map((title) => `- ${title}`);
  return [role.title, ...orders, ...role.machines.flatMap((machine) => machineLines(machine, role))];
}

function machineLines(machine: MachineDescription, role: RoleDescription): readonly string[] {
  const number = role.machines.length > 1 ? ` ${role.machines.indexOf(machine) + 1}` : "";
  const facts = [
    sizeText(machine),
    `${machine.privateIp}${machine.isPublic ? " and a public IPv4" : ", no public address"}`,
    ...(machine.volumeGb === null ? [] : [`${machine.volumeGb} GB volume`]),
    ...machine.services.map(serviceText),
    ...machine.software,
    portsText(machine),
  ];
  return [`- ${role.machineTitle}${number} (${machine.hostname})`, ...facts.map((fact) => `  - ${fact}`)];
}

function sizeText(machine: MachineDescription): string {
  const { serverType } = machine;
  const larger = serverType.vcpus > machine.vcpus || serverType.memoryGb > machine.memoryGb;
  const type = larger ? `${serverType.name} with ${describeSize(serverType)}` : serverType.name;
  return `${describeSize(machine)} (server type ${type}, ${serverType.diskGb} GB disk)`;
}

function serviceText(service: ServiceDescription): string {
  const replicas = service.replicas === 1 ? "1 replica" : `${service.replicas} replicas`;
  const route =
    service.port === null
      ? "no port"
      : `${service.host ?? ""}${service.pathPrefix ?? ""} on port ${service.port}`;
  const knows = [
    ...(service.uses.length === 0 ? [] : [`uses ${service.uses.join(", ")}`]),
    ...(service.secrets.length === 0 ? [] : [`secrets ${service.secrets.join(", ")}`]),
  ];
  return [`${service.name} with ${replicas} (${route}, ${service.image})`, ...knows].join("; ");
}

/** `Ports: 80/tcp from edge, 22/tcp from admin and edge`. */
function portsText(machine: MachineDescription): string {
  const senders = new Map<string, string[]>();
  for (const { port, protocol, from } of machine.ports) {
    const key = `${port}/${protocol}`;
    senders.set(key, [...(senders.get(key) ?? []), from === "any" ? "all machines" : from]);
  }
  const texts = [...senders].map(([port, from]) => `${port} from ${from.join(" and ")}`);
  return `Ports: ${texts.join(", ")}`;
}
