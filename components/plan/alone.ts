import { planFlows, sshPort } from "./flows";
import { machineOf, type Plan } from "./plan";
import { offersOf, type Role } from "./role";

/** Machines of one role without a platform around them. */
export interface Alone {
  /** Prefix of every host name: `shop`. */
  readonly environment: string;
  /** Private range of the network that they join. */
  readonly range: string;
  readonly role: Role;
  /** Private addresses of the machines, one each. */
  readonly addresses: readonly string[];
  /** Who may reach what the role offers. @default - nobody */
  readonly clients?: readonly Client[];
}

/** Who uses machines that stand alone. */
export interface Client {
  /** Address or range. */
  readonly from: string;
  /** What it needs of all that the role offers. @default - everything */
  readonly needs?: readonly string[];
}

/**
 * The plan of machines that stand alone. What they need, others have made; whoever may reach every machine of a
 * platform may reach these from the whole private range; so may SSH where the role is not reached by itself.
 */
export function planAlone({ environment, range, role, addresses, clients = [] }: Alone): Plan {
  const alone = { ...role, parts: role.parts.map(({ needs: _, ...part }) => part) };
  const needers = clients.map((client) => clientRole(client, alone));
  const flows = planFlows([alone, ...needers])
    .filter(({ to }) => to === alone.name || to === "any")
    .map((flow) => (flow.from === "any" ? { ...flow, from: range } : flow));
  const ssh = {
    from: range,
    to: "any",
    protocol: "tcp",
    port: sshPort,
    purpose: "SSH through the bastion",
  } as const;
  return {
    environment,
    network: { range, subnets: {} },
    roles: [alone],
    machines: addresses.map((address, index) => machineOf(alone, environment, index, address)),
    flows: alone.isPublic ? flows : [ssh, ...flows],
    order: [alone.name],
  };
}

/** Who needs what the role offers, under its range as its name. */
function clientRole({ from, needs }: Client, role: Role): Role {
  const offers = needs ?? offersOf(role);
  const part = { name: "client", title: "client", needs: offers.map((offer) => ({ offer })) };
  return { ...role, name: asRange(from), count: 0, isPublic: false, parts: [part] };
}

function asRange(client: string): string {
  if (client.includes("/")) return client;
  return `${client}/${client.includes(":") ? 128 : 32}`;
}
