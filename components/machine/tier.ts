import * as pulumi from "@pulumi/pulumi";
import type { MachinePlan, Topology } from "../plan/topology";
import type { PlatformSettings } from "../settings/settings";
import { baseSetup } from "../setup/base";
import { dockerSetup, type RegistryCredential } from "../setup/docker";
import { mergeSetups } from "../setup/merge";
import type { MachineSetup } from "../setup/types";
import type { Bastion, MachineContext } from "./machine";

/** What every tier of machines is given. */
export interface TierArgs {
  /** Settings of the whole platform: the tier takes its own from them. */
  readonly settings: PlatformSettings;
  /** `planTopology(settings)`: the tier's machines, and the addresses of those they talk to. */
  readonly topology: Topology;
  /** Hetzner server type that satisfies the tier's size in the settings: `cx33`. */
  readonly serverType: pulumi.Input<string>;
  readonly context: MachineContext;
  /** Logins with which the tier's machines pull images. Secret. @default - none */
  readonly registries?: pulumi.Input<readonly RegistryCredential[]>;
}

/** What every tier of machines without public addresses is given. */
export interface PrivateTierArgs extends TierArgs {
  /** The public machine through which SSH reaches these private ones. */
  readonly bastion: Bastion;
}

/** A machine that runs containers, and what its role adds. Secret when it has logins of registries. */
export function containerHost(
  plan: MachinePlan,
  { settings, topology, registries = [] }: Pick<TierArgs, "settings" | "topology" | "registries">,
  role: MachineSetup,
): pulumi.Output<MachineSetup> {
  const { registryMirror } = settings.images;
  return pulumi
    .secret(registries)
    .apply((logins) =>
      mergeSetups(baseSetup(plan, topology, settings), dockerSetup({ registryMirror, logins }), role),
    );
}
