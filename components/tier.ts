import type * as pulumi from "@pulumi/pulumi";
import type { Bastion, MachineContext } from "./machine";
import type { PlatformSettings } from "./settings";
import { baseSetup } from "./setup/base";
import { dockerSetup } from "./setup/docker";
import { mergeSetups } from "./setup/merge";
import type { MachineSetup } from "./setup/types";
import type { MachinePlan, Topology } from "./topology";

/** What every tier of machines is given. */
export interface TierArgs {
  /** Settings of the whole platform: the tier takes its own from them. */
  readonly settings: PlatformSettings;
  /** `planTopology(settings)`: the tier's machines, and the addresses of those they talk to. */
  readonly topology: Topology;
  /** Hetzner server type that satisfies the tier's size in the settings: `cx33`. */
  readonly serverType: pulumi.Input<string>;
  readonly context: MachineContext;
}

/** What every tier of machines without public addresses is given. */
export interface PrivateTierArgs extends TierArgs {
  /** The public machine through which SSH reaches these private ones. */
  readonly bastion: Bastion;
}

/** A machine that runs containers, and what its role adds. */
export function containerHost(
  plan: MachinePlan,
  { settings, topology }: Pick<TierArgs, "settings" | "topology">,
  role: MachineSetup,
): MachineSetup {
  return mergeSetups(baseSetup(plan, topology, settings), dockerSetup(settings.images), role);
}
