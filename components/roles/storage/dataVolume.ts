import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import type { MachineContext } from "../../machine/machine";

export interface DataVolumeArgs {
  /** Host name of the machine that it is for. */
  readonly hostname: string;
  readonly sizeGb: number;
  readonly protect: boolean;
  readonly context: Pick<MachineContext, "location" | "labels">;
}

/** The volume that holds objects, logs and backups. */
export function createVolume(
  name: string,
  { hostname, sizeGb, protect, context }: DataVolumeArgs,
  parent: pulumi.Resource,
): hcloud.Volume {
  return new hcloud.Volume(
    `${name}-volume`,
    {
      name: `${hostname}-volume`,
      size: sizeGb,
      format: "ext4",
      location: context.location,
      labels: context.labels,
      deleteProtection: protect,
    },
    // No deleteBeforeReplace: a replacement that Hetzner refuses is better than data that is gone.
    { parent, protect },
  );
}
