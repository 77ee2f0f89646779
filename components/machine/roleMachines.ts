import * as pulumi from "@pulumi/pulumi";
import type { MachinePlan } from "../plan/plan";
import type { Rollout } from "../plan/role";
import type { Bastion, MachineContext } from "./context";
import { createInOrder } from "./inOrder";
import type { Machine } from "./machine";
import type { MachineArgs } from "./ownMachines";
import { createPlacementGroups } from "./placementGroups";

/** What machines of one role have in common, and what each has of its own. */
export interface RoleMachines
  extends Pick<MachineArgs, "serverType" | "protect" | "firewallIds" | "userData"> {
  /** Machines of one role: `machinesOf(plan, "app")`. */
  readonly machines: readonly MachinePlan[];
  readonly context: MachineContext;
  /** @default - none, for public machines */
  readonly bastion?: Bastion;
  /** What a machine becomes; secret when it holds secrets. */
  readonly setup: (machine: MachinePlan) => MachineArgs["setup"];
  /** A volume that is attached before the setup runs. @default - none */
  readonly volumeId?: (machine: MachinePlan) => pulumi.Input<number> | undefined;
  /**
   * Name of the placement groups in the Hetzner project: ten machines at most share one, and each of them is on a
   * physical host of its own. @default - machines may share a host
   */
  readonly spread?: string;
  /** @default "inTurn" */
  readonly rollout?: Rollout;
  /** Seconds until others notice that a machine which has changed is back. @default 0 */
  readonly settleSeconds?: number;
  /** The machines are made after it and deleted before it. @default - nothing */
  readonly after?: pulumi.Output<unknown>;
  /** Names that a machine's component had in former releases. @default - none */
  readonly formerNames?: (machine: MachinePlan) => readonly string[];
}

/** The machines as children of a component that has more than machines. */
export function createMachines(name: string, role: RoleMachines, parent: pulumi.Resource): Machine[] {
  const { context, machines: plans, spread, after, rollout, settleSeconds } = role;
  const count = spread === undefined ? 0 : plans.length;
  const groups = createPlacementGroups(
    name,
    { count, groupName: spread ?? "", labels: context.labels, after },
    parent,
  );
  const members = plans.map((plan) => ({
    name: `${name}-${plan.name}`,
    args: machineArgs(role, plan),
    aliases: (role.formerNames?.(plan) ?? []).map((former) => ({ name: former })),
  }));
  return createInOrder(name, members, { parent, groups, rollout, settleSeconds, platform: context });
}

function machineArgs(role: RoleMachines, plan: MachinePlan): MachineArgs {
  const { location, network, image, sshKey, privateKey, labels } = role.context;
  return {
    ...{ location, network, image, sshKey, privateKey },
    labels: pulumi.output(labels).apply((all) => ({ ...all, role: plan.role })),
    hostname: plan.hostname,
    address: plan.privateIp,
    isPublic: plan.isPublic,
    serverType: role.serverType,
    bastion: role.bastion,
    setup: role.setup(plan),
    volumeId: role.volumeId?.(plan),
    firewallIds: role.firewallIds,
    userData: role.userData,
    protect: role.protect,
  };
}

/** What a component with these machines tells its users. */
export function groupOutputs(plans: readonly MachinePlan[], machines: readonly Machine[]) {
  return {
    serverIds: pulumi.all(machines.map((machine) => machine.serverId)),
    privateIps: plans.map(({ privateIp }) => privateIp),
    configured: pulumi.all(machines.map((machine) => machine.configured)),
  };
}

/** The value of a group of one. @throws when there is none */
export function only<T>([value]: readonly T[]): T {
  if (value === undefined) throw new Error("a group of one machine has one");
  return value;
}
