import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachineContext } from "./context";
import { numericId } from "./server";

/** Most servers of one spread group: https://docs.hetzner.com/cloud/placement-groups/overview */
export const groupSize = 10;

/** Machines that are to be on different physical hosts. */
export interface Spread {
  /** How many there are. */
  readonly count: number;
  /** Name of the first group in the Hetzner project; others have a number behind it. */
  readonly groupName: string;
  readonly labels: MachineContext["labels"] | undefined;
  /** The machines are made after it and deleted before it. @default - nothing */
  readonly after?: pulumi.Output<unknown>;
}

/** Ids of the groups: the first is for the first ten machines, and so on. */
export function createPlacementGroups(
  name: string,
  { count, groupName, labels, after }: Spread,
  parent: pulumi.Resource,
): pulumi.Output<number>[] {
  return Array.from({ length: Math.ceil(count / groupSize) }, (_, index) => {
    const suffix = index === 0 ? "" : `-${index + 1}`;
    const group = new hcloud.PlacementGroup(
      `${name}-spread${suffix}`,
      { name: `${groupName}${suffix}`, type: "spread", labels },
      { parent, deleteBeforeReplace: true },
    );
    const id = numericId(group);
    return after === undefined ? id : pulumi.all([after, id]).apply(([, known]) => known);
  });
}
