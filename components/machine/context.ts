import type * as pulumi from "@pulumi/pulumi";

/** Image of a machine when nobody names another: the set-up installs that release's packages. */
export const defaultImage = "debian-13";

/** A private network at Hetzner. */
export interface PrivateNetwork {
  /** Its id; to be known when subnets and routes exist, as `Network.networkId` is. */
  readonly id: pulumi.Input<number>;
  /** Its whole range: `10.0.0.0/16`. */
  readonly range: string;
}

/** What all machines of a platform share. */
export interface MachineContext {
  readonly location: pulumi.Input<string>;
  readonly image: pulumi.Input<string>;
  /** The private network that they join. */
  readonly network: PrivateNetwork;
  /** Name or id of the uploaded deploy key. */
  readonly sshKey: pulumi.Input<string>;
  /** Private half of the deploy key. Secret. */
  readonly privateKey: pulumi.Input<string>;
  /** Added to every server. */
  readonly labels: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** What is asked before a server is made or changed: `refuseSoldOut`. @default - nothing */
  readonly serverHooks?: pulumi.ResourceHookBinding;
}

/** The public machine through which SSH reaches the private ones. */
export interface Bastion {
  /** Public address. */
  readonly host: pulumi.Input<string>;
  /** Public host key in authorized_keys form. */
  readonly hostKey: pulumi.Input<string>;
}
