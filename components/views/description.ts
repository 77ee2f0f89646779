import { type Flow, flowsTo } from "../plan/flows";
import { type MachinePlan, machinesOf, type Plan } from "../plan/plan";
import { comingParts, type Role } from "../plan/role";
import type { PlatformWide } from "../settings/platformWide";
import { visitorNames } from "../settings/visitorNames";
import { findLocation } from "../sizing/locations";
import type { MachineSize } from "../sizing/resolve";
import { resolveServerType } from "../sizing/resolve";

/** A platform as people and programs read it: the value behind `describe` and `describe --json`. */
export interface PlatformDescription {
  readonly environment: string;
  readonly domain: string;
  /** Names that visitors are served under; the first is that of `url`. */
  readonly names: readonly string[];
  /** Names whose visitors are sent to the domain. */
  readonly aliases: readonly string[];
  /** Zone in which the platform keeps the names' records; null: in none. */
  readonly zone: string | null;
  readonly location: string;
  readonly city: string;
  readonly networkZone: string;
  readonly networkRange: string;
  readonly roles: readonly RoleDescription[];
  /** Parts that no component builds yet, `nginx of web`: `up` refuses the platform. */
  readonly comesLater: readonly string[];
}

export interface RoleDescription {
  readonly role: string;
  readonly title: string;
  /** One machine of it: `App Node`. */
  readonly machineTitle: string;
  /** What is ordered besides its servers, in words. */
  readonly orders: readonly string[];
  readonly machines: readonly MachineDescription[];
}

export interface MachineDescription {
  readonly name: string;
  readonly hostname: string;
  readonly privateIp: string;
  readonly isPublic: boolean;
  /** What the machine needs at least. */
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly serverType: ServerTypeDescription;
  /** What runs besides the services: `PostgreSQL 17`. */
  readonly software: readonly string[];
  readonly services: readonly ServiceDescription[];
  /** Size of the attached volume in GB; null without one. */
  readonly volumeGb: number | null;
  readonly ports: readonly PortDescription[];
}

export interface ServerTypeDescription {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly diskGb: number;
}

export interface ServiceDescription {
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Null for a worker, which nobody can reach. */
  readonly port: number | null;
  readonly pathPrefix: string | null;
  /** Host name that visitors must use for it; null: any. */
  readonly host: string | null;
  /** Stores whose credentials it gets. */
  readonly uses: readonly string[];
  /** Variables that hold its secrets. */
  readonly secrets: readonly string[];
}

export interface PortDescription {
  readonly protocol: string;
  readonly port: number;
  readonly from: Flow["from"];
  readonly purpose: string;
}

/** @throws NoServerTypeError when no server type has a machine's size */
export function describePlatform(settings: PlatformWide, plan: Plan): PlatformDescription {
  return {
    environment: settings.environment,
    domain: settings.domain,
    ...namesOf(settings, plan),
    location: settings.location,
    city: findLocation(settings.location)?.city ?? settings.location,
    networkZone: settings.network.zone,
    networkRange: settings.network.range,
    roles: plan.roles.map((role) => describeRole(role, plan, settings.location)),
    comesLater: comingParts(plan.roles).map(({ role, part }) => `${part.name} of ${role}`),
  };
}

function namesOf(settings: PlatformWide, { names = visitorNames(settings) }: Plan) {
  return { names: names.served, aliases: names.aliases, zone: settings.dns?.zone ?? null };
}

function describeRole(role: Role, plan: Plan, location: string): RoleDescription {
  return {
    role: role.name,
    title: role.title,
    machineTitle: role.machineTitle,
    orders: (role.orders ?? []).flatMap((order) => ("title" in order ? [order.title] : [])),
    machines: machinesOf(plan, role.name).map((machine) => describeMachine(machine, role, plan, location)),
  };
}

function describeMachine(machine: MachinePlan, role: Role, plan: Plan, location: string): MachineDescription {
  return {
    name: machine.name,
    hostname: machine.hostname,
    privateIp: machine.privateIp,
    isPublic: machine.isPublic,
    vcpus: machine.size.vcpus,
    memoryGb: machine.size.memoryGb,
    serverType: describeServerType(machine.size, location),
    software: softwareOf(role),
    services: servicesOf(role),
    volumeGb: role.volume?.sizeGb ?? null,
    ports: portsOf(plan, role),
  };
}

function describeServerType(size: MachineSize, location: string): ServerTypeDescription {
  const { name, vcpus, memoryGb, diskGb } = resolveServerType(size, location);
  return { name, vcpus, memoryGb, diskGb };
}

function softwareOf({ parts }: Role): readonly string[] {
  return parts
    .filter(({ service }) => service === undefined)
    .flatMap(({ title, notes = [], comesLater }) => [
      comesLater ? `${title} (comes later)` : title,
      ...notes,
    ]);
}

function servicesOf({ parts }: Role): readonly ServiceDescription[] {
  return parts.flatMap(({ name, service }) => {
    if (service === undefined) return [];
    const { image, replicas, port = null, pathPrefix = null, host = null, uses, secrets } = service;
    return [{ name, image, replicas, port, pathPrefix, host, uses, secrets }];
  });
}

function portsOf({ flows }: Plan, { name }: Role): readonly PortDescription[] {
  return flowsTo(flows, name).flatMap(({ protocol, port, from, purpose }) =>
    port === null ? [] : [{ protocol, port, from, purpose }],
  );
}
