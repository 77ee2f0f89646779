import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import type { MachineContext } from "./context";

export interface DataVolumeArgs {
  /** Host name of the machine that it is for. */
  readonly hostname: string;
  readonly sizeGb: number;
  readonly protect: boolean;
  readonly context: Pick<MachineContext, "location" | "labels">;
}

/** A volume with a file system of its own, made once: it is never formatted again. */
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
