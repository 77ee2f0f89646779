import type { MachineSize } from "../sizing/resolve";
import type { Part } from "./part";

/**
 * A kind of machine, as a plain value. Its name is one word everywhere: settings key, subnet, host name, URN, folder.
 */
export interface Role {
  /** `database`: letters, digits and hyphens of an RFC 1123 label, no digit at the end. */
  readonly name: string;
  /** Heading of `describe`: `Application Nodes`. */
  readonly title: string;
  /** One machine of it: `App Node`. */
  readonly machineTitle: string;
  readonly count: number;
  /** A setting may raise `count`: what is numbered over all machines counts these last. @default false */
  readonly grows?: boolean;
  readonly size: MachineSize;
  /** Public machines have addresses of their own; the others reach the internet through the gateway. */
  readonly isPublic: boolean;
  /** Volume of each machine. @default - none */
  readonly volume?: Volume;
  /** What is ordered for the whole role besides its servers. @default - nothing */
  readonly orders?: readonly Order[];
  /** Order of a change. @default "inTurn" */
  readonly rollout?: Rollout;
  readonly parts: readonly Part[];
}

/** Block storage of one machine. */
export interface Volume {
  readonly sizeGb: number;
  /** What is on it: `objects, backups, logs`. */
  readonly purpose: string;
}

/** Something that Hetzner bills besides servers, their addresses and their volumes. */
export type Order =
  | { readonly kind: "floatingIpv4"; readonly purpose: string; readonly title: string }
  | { readonly kind: "floatingIpv6"; readonly purpose: string; readonly title: string }
  | { readonly kind: "loadBalancer"; readonly type: string; readonly purpose: string; readonly title: string }
  | { readonly kind: "storageBox"; readonly purpose: string; readonly capacityGb: number };

/**
 * Order in which machines of one kind come to what they should be. `together`: all at once. `inTurn`: new ones at once,
 * but set-ups change one after the other, and where one fails the rest stay as they were. `oneByOne`: each is made, and
 * changed, after the one before has succeeded.
 */
export type Rollout = (typeof rollouts)[number];
export const rollouts = ["together", "inTurn", "oneByOne"] as const;

/** Some part of it is a container. */
export function runsContainers(role: Role): boolean {
  return role.parts.some(({ image }) => image !== undefined);
}

export function offersOf(role: Pick<Role, "parts">): readonly string[] {
  return role.parts.flatMap(({ offers = [] }) => offers);
}

/** What no component builds yet, with the role that it is of. */
export function comingParts(
  roles: readonly Role[],
): readonly { readonly role: string; readonly part: Part }[] {
  return roles.flatMap(({ name: role, parts }) =>
    parts.filter(({ comesLater }) => comesLater).map((part) => ({ role, part })),
  );
}

/** Memory that the parts take, in MiB, without what the system takes. */
export function memoryOfParts(role: Role): number {
  return role.parts.reduce((sum, { memoryMb = 0 }) => sum + memoryMb, 0);
}
