import type * as pulumi from "@pulumi/pulumi";
import type { Rollout } from "../plan/role";
import { Machine } from "./machine";
import type { PlatformContext } from "./machinesArgs";
import type { MachineArgs } from "./ownMachines";
import { groupSize } from "./placementGroups";
import { changesInTurn, createTurns } from "./turns";

/** One of several machines. */
export interface Member {
  /** At Pulumi. */
  readonly name: string;
  readonly args: MachineArgs;
  /** @default - none */
  readonly aliases?: pulumi.ComponentResourceOptions["aliases"];
}

/** What several machines have in common. */
export interface Together {
  readonly parent: pulumi.Resource;
  /** Placement groups: the first is for the first ten machines, and so on; none: machines may share a host. */
  readonly groups: readonly pulumi.Output<number>[];
  /** @default "inTurn" */
  readonly rollout?: Rollout | undefined;
  /** Between the end of one machine's change and the next one's. @default 0 */
  readonly settleSeconds?: number | undefined;
  /** What they are part of. @default - they stand alone */
  readonly platform?: Pick<PlatformContext, "serverHooks">;
}

/** Makes the machines in their order, each in its placement group. @param group its name, unique in the program */
export function createInOrder(group: string, members: readonly Member[], together: Together): Machine[] {
  const { parent, groups, rollout = "inTurn", settleSeconds = 0, platform } = together;
  const takesTurns = rollout === "inTurn" && members.length > 1;
  const setupHooks = takesTurns ? changesInTurn(group, createTurns(settleSeconds)) : {};
  const machines: Machine[] = [];
  for (const [index, { name, args, aliases = [] }] of members.entries()) {
    const before = rollout === "oneByOne" ? machines.at(-1) : undefined;
    const placed = { ...args, placementGroupId: groups[Math.floor(index / groupSize)] };
    const opts = { parent, aliases, dependsOn: before === undefined ? [] : [before] };
    machines.push(new Machine(name, placed, opts, { ...platform, setupHooks }));
  }
  return machines;
}
