import { isIPv4 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { type Rollout, rollouts } from "../plan/role";
import { isHostName } from "../settings/hostNames";
import { isLabel } from "../settings/leaves";
import type { MachineSetup } from "../setup/types";
import type { Bastion } from "./context";
import { gotInstead, type InputProblem, plainProblem } from "./inputErrors";
import { addressProblems, type MachinesArgs, networkProblems, placeProblems } from "./machinesArgs";

/** What a machine is given whose software the program chooses itself, alone or in a group. */
export interface OwnMachinesArgs
  extends Pick<
    MachinesArgs,
    "location" | "network" | "image" | "sshKey" | "privateKey" | "labels" | "protect"
  > {
  /** Hetzner server type: `cx23`. */
  readonly serverType: pulumi.Input<string>;
  /** It has addresses of its own in the internet. @default false */
  readonly isPublic?: boolean;
  /** The public machine through which SSH reaches a private one: `LoadBalancerPair.bastion`. @default - none, for a public machine */
  readonly bastion?: Bastion;
  /** Cloud firewalls; they filter the public side only. @default - none */
  readonly firewallIds?: pulumi.Input<number>[];
  /**
   * Cloud-init user data for the first boot. Any container can read it: no secrets.
   * @default - a private machine takes the network's gateway as its default route
   */
  readonly userData?: string;
}

/** What one machine is given. */
export interface MachineArgs extends OwnMachinesArgs {
  /** Private address, which nothing else has: `10.0.5.11`. */
  readonly address: pulumi.Input<string>;
  /** Server and host name, unique in the Hetzner project. @default - the component's name */
  readonly hostname?: string;
  /** What the machine becomes; secret when it holds secrets. */
  readonly setup: pulumi.Input<MachineSetup>;
  /** A volume that is attached before the setup runs. @default - none */
  readonly volumeId?: pulumi.Input<number>;
  /** Placement group whose machines are on different physical hosts. @default - none */
  readonly placementGroupId?: pulumi.Input<number>;
}

/** One machine of a group, as its setup may need to know it. */
export interface GroupMember {
  /** Server and host name. */
  readonly hostname: string;
  /** Private address. */
  readonly address: pulumi.Input<string>;
}

/** What a group is given. */
export interface MachineGroupArgs extends OwnMachinesArgs {
  /** Private addresses, one for each machine, which nothing else has. New machines are added at the end. */
  readonly addresses: pulumi.Input<string>[];
  /** Host names are this with a number behind: `relay` gives `relay1`, `relay2`. @default - the component's name */
  readonly hostname?: string;
  /** What every machine becomes, or what each becomes; secret when it holds secrets. */
  readonly setup: pulumi.Input<MachineSetup> | ((machine: GroupMember) => pulumi.Input<MachineSetup>);
  /** A volume for each machine, in the order of the addresses, attached before the setup runs. @default - none */
  readonly volumeIds?: pulumi.Input<number>[];
  /** Each machine is on a physical host of its own; ten at most share a placement group. @default true */
  readonly spread?: boolean;
  /** Made and changed all at once (`together`), changed one after the other (`inTurn`), made so too (`oneByOne`). @default "inTurn" */
  readonly rollout?: Rollout;
  /** Seconds from the end of a change of one machine to the next one's: until others notice that it is back. @default 0 */
  readonly settleSeconds?: number;
}

const longestSettleSeconds = 3600;

/** Everything that is wrong and can be known before any resource is made; empty: nothing. */
export function machineProblems(name: string, args: MachineArgs): InputProblem[] {
  return [
    ...ownMachinesProblems(args),
    ...addressProblems(args.network.range, [args.address], () => "address"),
    ...hostnameProblem(
      args.hostname ?? name,
      isLabel,
      "1 to 63 lower-case letters, digits and hyphens (RFC 1123)",
    ),
  ];
}

/** The same of a group. */
export function groupProblems(name: string, args: MachineGroupArgs): InputProblem[] {
  const { addresses, network, volumeIds, rollout, settleSeconds, hostname = name } = args;
  const known: readonly unknown[] = rollouts;
  return [
    ...ownMachinesProblems(args),
    ...addressProblems(network.range, addresses),
    ...hostnameProblem(
      hostname,
      (text) => isLabel(`${text}${addresses.length}`) && !/\d$/.test(text),
      "lower-case letters, digits and hyphens with no digit at the end: the machine's number stands behind it",
    ),
    ...plainProblem("rollout", rollout, (value) => known.includes(value), rollouts.join(" or ")),
    ...plainProblem(
      "settleSeconds",
      settleSeconds,
      (value) => typeof value === "number" && value >= 0 && value <= longestSettleSeconds,
      `0 to ${longestSettleSeconds}`,
    ),
    ...(volumeIds === undefined || volumeIds.length === addresses.length
      ? []
      : [
          {
            propertyPath: "volumeIds",
            reason: `got ${volumeIds.length}, allowed one for each of the ${addresses.length} addresses`,
          },
        ]),
  ];
}

function ownMachinesProblems(args: OwnMachinesArgs): InputProblem[] {
  return [
    ...networkProblems(args.network),
    ...placeProblems(args),
    ...plainProblem("serverType", args.serverType, isServerType, "a Hetzner server type: cx23"),
    ...(args.isPublic || args.bastion !== undefined
      ? []
      : [
          {
            propertyPath: "bastion",
            reason: gotInstead(
              undefined,
              "a public machine, as this one has no public address; or isPublic: true",
            ),
          },
        ]),
    ...plainProblem("bastion.host", args.bastion?.host, isHost, "an IPv4 address or a host name"),
  ];
}

function isHost(text: string): boolean {
  return isIPv4(text) || isHostName(text);
}

/** Also of one that this release does not know: nothing here depends on what it has. */
function isServerType(text: string): boolean {
  return /^[a-z]+\d+$/.test(text);
}

function hostnameProblem(
  hostname: string,
  isAllowed: (text: string) => boolean,
  allowed: string,
): InputProblem[] {
  return plainProblem("hostname", hostname, isAllowed, allowed);
}
