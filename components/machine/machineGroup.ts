import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachinePlan } from "../plan/plan";
import type { Rollout } from "../plan/role";
import { Machine, type MachineArgs, numericId } from "./machine";

/** What machines of one role have in common, and what each has of its own. */
export interface MachineGroupArgs
  extends Pick<MachineArgs, "serverType" | "context" | "bastion" | "protect" | "firewallIds" | "userData"> {
  /** Machines of one role: `machinesOf(plan, "app")`. */
  readonly machines: readonly MachinePlan[];
  /** What a machine becomes; secret when it holds secrets. */
  readonly setup: (machine: MachinePlan) => MachineArgs["setup"];
  /** A volume that is attached before the setup runs. @default - none */
  readonly volumeId?: (machine: MachinePlan) => pulumi.Input<number>;
  /**
   * Name of the placement groups in the Hetzner project: ten machines at most share one, and each of them is on a
   * physical host of its own. @default - machines may share a host
   */
  readonly spread?: string;
  /** All at once, or each after the one before is set up. @default "together" */
  readonly rollout?: Rollout;
  /** The machines are made after it and deleted before it. @default - nothing */
  readonly after?: pulumi.Output<unknown>;
  /** Names that a machine's component had in former releases. @default - none */
  readonly formerNames?: (machine: MachinePlan) => readonly string[];
}

/**
 * Machines of one role: on different physical hosts, changed together or one after the other.
 *
 * Cost: the server type for each machine, 0.50 EUR a month for the IPv4 address of each public one.
 */
export class MachineGroup extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the machines. */
  public readonly privateIps: string[];
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  constructor(name: string, args: MachineGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:MachineGroup", name, {}, opts);
    const outputs = groupOutputs(args.machines, createMachines(name, args, this));
    this.serverIds = outputs.serverIds;
    this.privateIps = outputs.privateIps;
    this.configured = outputs.configured;
    this.registerOutputs({ ...outputs });
  }
}

/** The machines as children of a component that has more than machines. */
export function createMachines(name: string, args: MachineGroupArgs, parent: pulumi.Resource): Machine[] {
  const placementGroups = createPlacementGroups(name, args, parent);
  const machines: Machine[] = [];
  for (const [index, plan] of args.machines.entries()) {
    const before = args.rollout === "oneByOne" ? machines.at(-1) : undefined;
    const machine = new Machine(
      `${name}-${plan.name}`,
      {
        plan,
        serverType: args.serverType,
        context: args.context,
        bastion: args.bastion,
        setup: args.setup(plan),
        volumeId: args.volumeId?.(plan),
        firewallIds: args.firewallIds,
        placementGroupId: placementGroups[Math.floor(index / groupSize)],
        userData: args.userData,
        protect: args.protect,
      },
      {
        parent,
        aliases: (args.formerNames?.(plan) ?? []).map((former) => ({ name: former })),
        dependsOn: before === undefined ? [] : [before],
      },
    );
    machines.push(machine);
  }
  return machines;
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

/** Most servers of one spread group: https://docs.hetzner.com/cloud/placement-groups/overview */
const groupSize = 10;

function createPlacementGroups(
  name: string,
  { machines, spread, context, after }: MachineGroupArgs,
  parent: pulumi.Resource,
): pulumi.Output<number>[] {
  if (spread === undefined) return [];
  return Array.from({ length: Math.ceil(machines.length / groupSize) }, (_, index) => {
    const suffix = index === 0 ? "" : `-${index + 1}`;
    const group = new hcloud.PlacementGroup(
      `${name}-spread${suffix}`,
      { name: `${spread}${suffix}`, type: "spread", labels: context.labels },
      { parent, deleteBeforeReplace: true },
    );
    const id = numericId(group);
    return after === undefined ? id : pulumi.all([after, id]).apply(([, known]) => known);
  });
}
