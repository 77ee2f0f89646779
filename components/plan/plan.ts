import { hostAddress } from "../settings/ranges";
import type { VisitorNames } from "../settings/visitorNames";
import type { MachineSize } from "../sizing/resolve";
import { type Flow, planFlows } from "./flows";
import { startOrder } from "./order";
import { offersOf, type Role } from "./role";

/** One machine of the platform. Everything that names or addresses a machine derives from this value. */
export interface MachinePlan {
  /** Logical name, stable for ever: it is part of Pulumi's URNs. `app1`. */
  readonly name: string;
  /** Server and host name, unique in the Hetzner project: `prod-app1`. */
  readonly hostname: string;
  /** Name of its role: `app`. */
  readonly role: string;
  /** Address in the private network. */
  readonly privateIp: string;
  /** It has addresses of its own in the internet. */
  readonly isPublic: boolean;
  readonly size: MachineSize;
}

/** A platform as planned: computed once from its roles, printable, and handed to all who ask. */
export interface Plan {
  /** Prefix of every host name: `prod`. */
  readonly environment: string;
  readonly network: PlanNetwork;
  /** Names under which visitors reach it. @default - whoever plans a component alone hands them to it */
  readonly names?: VisitorNames;
  /** In the order in which people read them. */
  readonly roles: readonly Role[];
  /** All of them, in the order of the roles. */
  readonly machines: readonly MachinePlan[];
  readonly flows: readonly Flow[];
  /** Names of the roles, each after those whose offers it needs. */
  readonly order: readonly string[];
}

/** What a plan is made of besides roles. */
export interface Ground {
  readonly environment: string;
  readonly network: PlanNetwork;
  readonly names?: VisitorNames;
}

export interface PlanNetwork {
  /** Private range of the platform: `10.0.0.0/16`. */
  readonly range: string;
  /** One subnet for each role, by its name. */
  readonly subnets: Readonly<Record<string, string>>;
}

/** First host number that machines get in their subnet: below it is room for addresses that move. */
export const firstHost = 11;

/** @throws when two roles have one name, or a subnet is missing, or with all that `needProblems` finds */
export function planRoles({ environment, network, names }: Ground, roles: readonly Role[]): Plan {
  const twice = roles.find(
    ({ name }, index) => roles.findIndex((role) => role.name === name) !== index,
  )?.name;
  if (twice !== undefined) throw new Error(`two roles are called ${twice}: a role is named once`);
  return {
    environment,
    network,
    ...(names !== undefined && { names }),
    roles,
    machines: roles.flatMap((role) => machinesOfRole(role, environment, network)),
    flows: planFlows(roles),
    order: startOrder(roles),
  };
}

function machinesOfRole(role: Role, environment: string, { subnets }: PlanNetwork): MachinePlan[] {
  const subnet = subnets[role.name];
  if (subnet === undefined) throw new Error(`network.subnets names no ${role.name}: each role has a subnet`);
  return Array.from({ length: role.count }, (_, index) =>
    machineOf(role, environment, index, hostAddress(subnet, firstHost + index)),
  );
}

/** One machine of a role. @param index from 0 */
export function machineOf(role: Role, environment: string, index: number, privateIp: string): MachinePlan {
  const { vcpus, memoryGb, serverType, cpu, diskGb } = role.size;
  const name = `${role.name}${index + 1}`;
  return {
    name,
    hostname: `${environment}-${name}`,
    role: role.name,
    privateIp,
    isPublic: role.isPublic,
    size: {
      ...{ vcpus, memoryGb, serverType },
      ...(cpu !== undefined && { cpu }),
      ...(diskGb !== undefined && { diskGb }),
    },
  };
}

/** @throws when the plan has no such role */
export function roleOf({ roles }: Pick<Plan, "roles">, name: string): Role {
  const role = roles.find((candidate) => candidate.name === name);
  if (role === undefined)
    throw new Error(`no role ${name}; there are: ${roles.map((one) => one.name).join(", ")}`);
  return role;
}

/** The machines of a role; none when the plan has no such role. */
export function machinesOf({ machines }: Pick<Plan, "machines">, role: string): readonly MachinePlan[] {
  return machines.filter((machine) => machine.role === role);
}

/** The machines on which something is offered, `logs` for example; none when nobody offers it. */
export function machinesOffering(plan: Plan, offer: string): readonly MachinePlan[] {
  return plan.roles
    .filter((role) => offersOf(role).includes(offer))
    .flatMap(({ name }) => machinesOf(plan, name));
}

/** The machines that need what somebody offers; none when nobody does. */
export function machinesNeeding(plan: Plan, offer: string): readonly MachinePlan[] {
  return plan.roles
    .filter(({ parts }) => parts.some(({ needs = [] }) => needs.some((need) => need.offer === offer)))
    .flatMap(({ name }) => machinesOf(plan, name));
}

/**
 * The machines whose requests a role answers: those that need something of what it offers, and those that its
 * listeners for them name besides.
 */
export function machinesBefore(plan: Plan, role: string): readonly MachinePlan[] {
  const { parts } = roleOf(plan, role);
  const needing = offersOf({ parts }).flatMap((offer) => machinesNeeding(plan, offer));
  const senders = parts
    .filter(({ offers = [] }) => offers.length > 0)
    .flatMap(({ listens = [] }) => listens)
    .filter(({ from }) => from.includes("needers"))
    .flatMap(({ from }) => from)
    .filter((from) => from !== role);
  return [...new Set([...needing, ...senders.flatMap((sender) => machinesOf(plan, sender))])];
}

/** Where a client finds an offer. @throws when no machine offers it on a port */
export function endpointOf(plan: Plan, offer: string): { readonly address: string; readonly port: number } {
  const [machine] = machinesOffering(plan, offer);
  const part = plan.roles.flatMap(({ parts }) => parts).find(({ offers = [] }) => offers.includes(offer));
  const port = part?.listens?.find((listener) => listener.port !== undefined)?.port;
  if (machine === undefined || port === undefined) throw new Error(`no machine of the plan offers ${offer}`);
  return { address: machine.privateIp, port };
}

/** The only machine of a role. @throws when it has none, or several */
export function onlyMachineOf(plan: Plan, role: string): MachinePlan {
  const [machine, second] = machinesOf(plan, role);
  if (machine === undefined || second !== undefined)
    throw new Error(`role ${role} must have one machine, and has ${machinesOf(plan, role).length}`);
  return machine;
}

/** Where a flow may come from, as ranges and addresses; the caller handles `internet` and `admin`. */
export function sourceAddresses({ machines }: Pick<Plan, "machines">, { from }: Flow): readonly string[] {
  if (from.includes("/")) return [from];
  return machines.filter(({ role }) => from === "any" || role === from).map(({ privateIp }) => privateIp);
}
