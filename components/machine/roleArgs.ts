import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../plan/plan";
import type { PlatformWide } from "../settings/platformWide";
import type { RegistryCredential } from "../setup/docker";
import type { Bastion, MachineContext } from "./context";

/** What the machines of every role are given. */
export interface RoleArgs<Settings extends PlatformWide = PlatformWide> {
  /** Settings of the whole platform: the role takes its own from them. */
  readonly settings: Settings;
  /** `planPlatform(settings)`: the role's machines, and those they talk to. */
  readonly plan: Plan;
  /** Hetzner server type that satisfies the role's size in the settings: `cx33`. */
  readonly serverType: pulumi.Input<string>;
  readonly context: MachineContext;
  /** Logins with which the machines pull images. Secret. @default - none */
  readonly registries?: pulumi.Input<readonly RegistryCredential[]>;
}

/** What machines without public addresses are given. */
export interface PrivateRoleArgs<Settings extends PlatformWide = PlatformWide> extends RoleArgs<Settings> {
  /** The public machine through which SSH reaches these private ones. */
  readonly bastion: Bastion;
}
