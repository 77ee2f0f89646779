import type { PlatformWide } from "../settings/platformWide";
import { ports } from "../setup/ports";
import { applicationOffer, siteOffer } from "../setup/site";
import { flowsTo } from "./flows";
import type { Part } from "./part";
import { type MachinePlan, machinesOf, type Plan } from "./plan";
import type { Role } from "./role";

/** Offers whose listeners speak TLS where the settings say so, and on which port. */
const traffics = {
  requests: { offers: [siteOffer, applicationOffer], port: ports.https },
} as const satisfies Record<
  NonNullable<PlatformWide["mutualTls"]>[number],
  { readonly offers: readonly string[]; readonly port: number }
>;

/** The roles as they listen where machines show each other certificates. Nothing listens for plain text any more. */
export function overMutualTls(
  roles: readonly Role[],
  { mutualTls = [] }: Pick<PlatformWide, "mutualTls">,
): readonly Role[] {
  return mutualTls.reduce((all, name) => {
    const { offers, port } = traffics[name];
    const isMeant = (part: Part) => part.offers?.some((offer) => offers.some((one) => one === offer));
    const encrypted = (part: Part): Part => ({
      ...part,
      ...(part.listens && {
        listens: part.listens.map((listener) => ({
          ...listener,
          ...{ port, tls: "mutual" as const },
          purpose: `${listener.purpose}, mutual TLS`,
        })),
      }),
    });
    return all.map((role) => ({
      ...role,
      parts: role.parts.map((part) => (isMeant(part) ? encrypted(part) : part)),
    }));
  }, roles);
}

/** Whom one machine speaks with by certificates of the platform's own authorities. */
export interface TierNeighbours {
  /** Machines that it asks. */
  readonly servers: readonly MachinePlan[];
  /** Machines that may ask it. */
  readonly clients: readonly MachinePlan[];
}

/** The neighbours of a machine, from the flows alone; undefined: it shows nobody a certificate. */
export function tierNeighbours(
  plan: Pick<Plan, "flows" | "machines">,
  { role }: Pick<MachinePlan, "role">,
): TierNeighbours | undefined {
  const mutual = plan.flows.filter(({ tls }) => tls === "mutual");
  const machines = (roles: readonly string[]) =>
    [...new Set(roles)].flatMap((name) => machinesOf(plan, name));
  const servers = machines(mutual.filter(({ from }) => from === role).map(({ to }) => to));
  const clients = machines(flowsTo(mutual, role).map(({ from }) => from));
  return servers.length + clients.length === 0 ? undefined : { servers, clients };
}

/** The machines that one asks over mutual TLS, by their private addresses: their certificates name them. */
export function certifiedServers(
  plan: Pick<Plan, "flows" | "machines">,
  machine: Pick<MachinePlan, "role">,
): ReadonlyMap<string, MachinePlan> {
  const servers = tierNeighbours(plan, machine)?.servers ?? [];
  return new Map(servers.map((server) => [server.privateIp, server]));
}

/** The machines of a role answer only whoever shows a certificate of the platform. */
export function answersOverTls({ flows }: Pick<Plan, "flows">, role: string): boolean {
  return flowsTo(flows, role).some(({ tls }) => tls === "mutual");
}
