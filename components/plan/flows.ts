import { ports } from "../setup/ports";
import type { Listener, Part, Protocol } from "./part";
import { offersOf, type Role } from "./role";

/** Who may talk to whom. Cloud firewall, host firewalls, documentation and the port test derive from it. */
export interface Flow {
  /** `internet`, `admin`, `any` machine of the platform, a role, or a range. */
  readonly from: string;
  /** A role, or `any`. */
  readonly to: string;
  readonly protocol: Protocol;
  /** Null for protocols without ports. */
  readonly port: number | null;
  readonly purpose: string;
  /** Both sides show a certificate of the platform's own authorities. @default - they do not */
  readonly tls?: "mutual";
}

export const sshPort = ports.ssh;

/** The role that offers it is the way to all machines for those who administer them. */
export const bastionOffer = "bastion";

/** The table of flows: what every platform has, and what the parts listen on for those who need it. */
export function planFlows(roles: readonly Role[]): readonly Flow[] {
  const flows = [
    ...sshFlows(roles),
    ...roles.flatMap((role) => role.parts.flatMap((part) => partFlows(roles, role, part))),
    ...pingFlows(roles),
  ];
  const senders = ["internet", "admin", ...roles.map(({ name }) => name)];
  // Ranges and `any` come last.
  const place = ({ from }: Flow) => (senders.includes(from) ? senders.indexOf(from) : senders.length);
  return flows.toSorted((a, b) => place(a) - place(b));
}

/** The flows that end at a machine of this role. */
export function flowsTo(flows: readonly Flow[], role: string): readonly Flow[] {
  return flows.filter(({ to }) => to === role || to === "any");
}

function sshFlows(roles: readonly Role[]): readonly Flow[] {
  const ssh = { protocol: "tcp", port: sshPort } as const;
  return [
    ...roles
      .filter(({ isPublic }) => isPublic)
      .map((role) => ({
        ...ssh,
        from: "admin",
        to: role.name,
        purpose: isBastion(role) ? "set-up and bastion" : "set-up",
      })),
    ...roles
      .filter(isBastion)
      .map(({ name }) => ({ ...ssh, from: name, to: "any", purpose: "SSH through the bastion" })),
  ];
}

function isBastion(role: Role): boolean {
  return offersOf(role).includes(bastionOffer);
}

function pingFlows(roles: readonly Role[]): readonly Flow[] {
  const icmp: Pick<Flow, "protocol" | "port"> = { protocol: "icmp", port: null };
  return [
    ...roles
      .filter(({ isPublic }) => isPublic)
      .map(({ name }) => ({ ...icmp, from: "internet", to: name, purpose: "path MTU and reachability" })),
    { ...icmp, from: "any", to: "any", purpose: "reachability" },
  ];
}

function partFlows(roles: readonly Role[], { name: to }: Role, part: Part): readonly Flow[] {
  return (part.listens ?? []).flatMap(({ from, protocol, port, purpose, tls }: Listener) =>
    from.flatMap((sender) => {
      const flow = { from: sender, to, protocol, port: port ?? null, purpose, ...(tls && { tls }) };
      return sender === "needers" ? needersOf(roles, part).map((needer) => ({ ...flow, ...needer })) : [flow];
    }),
  );
}

/** Roles that need what the part offers, each purpose once. */
function needersOf(
  roles: readonly Role[],
  { offers = [] }: Part,
): readonly { readonly from: string; readonly purpose?: string }[] {
  return roles.flatMap(({ name, parts }) => {
    const needs = parts.flatMap(({ needs = [] }) => needs).filter(({ offer }) => offers.includes(offer));
    return [...new Set(needs.map(({ purpose }) => purpose))].map((purpose) =>
      purpose === undefined ? { from: name } : { from: name, purpose },
    );
  });
}
