// What the test of all resources asks of each one.
import type * as pulumi from "@pulumi/pulumi";

/** Three states of the same program: made, changed in place, changed so that it must be made anew. */
export const versions = ["first", "updated", "replaced"] as const;
export type Version = (typeof versions)[number];

/** What subjects stand on; made once and never changed. Numbers are ids. */
export interface Supports {
  readonly sshKey: pulumi.Input<number>;
  readonly network: pulumi.Input<number>;
  /** Waits for the subnet that servers and load balancers get addresses from. */
  readonly subnet: pulumi.Input<string>;
  readonly servers: readonly [pulumi.Input<number>, pulumi.Input<number>];
  readonly firewall: pulumi.Input<number>;
  readonly floatingIps: readonly [pulumi.Input<number>, pulumi.Input<number>];
  readonly floatingAddresses: readonly [pulumi.Input<string>, pulumi.Input<string>];
  readonly volumes: readonly [pulumi.Input<number>, pulumi.Input<number>];
  readonly loadBalancers: readonly [pulumi.Input<number>, pulumi.Input<number>];
  readonly zone: pulumi.Input<string>;
  readonly storageBox: pulumi.Input<number>;
  /** Certificate and key in PEM, two pairs. */
  readonly certificates: readonly [Pem, Pem];
}

export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  /** Type token without `hcloud:index/` and its class: `server`. */
  readonly name: string;
  make(supports: Supports, version: Version, options: pulumi.CustomResourceOptions): pulumi.CustomResource;
  /** `never`: the provider changes none of its inputs in place. @default "in place" */
  readonly update?: "in place" | "never";
  /** `on request`: no input forces a replacement, so the engine is asked for one. @default "by inputs" */
  readonly replace?: "by inputs" | "on request";
  /** `never`: this version of the provider has no import for it. @default "by id" */
  readonly import?: "by id" | "never";
  /**
   * Reads it by id instead of importing it: a required input that the API never tells cannot be ignored, and
   * without it the engine refuses the import.
   */
  read?(id: string): pulumi.CustomResource;
  /** What import takes, where it is not the id of the resource. */
  importId?(resource: pulumi.CustomResource, supports: Supports): pulumi.Input<string>;
  /** Inputs that the API does not tell again, so that no import can know them. */
  readonly unread?: readonly string[];
}

/** What `first` and the others differ in, for subjects that change one value. */
export function choose<T>(version: Version, values: Readonly<Record<Version, T>>): T {
  return values[version];
}

/** Labels of a version: they change in place. */
export const labelsOf = (version: Version): Record<string, string> =>
  version === "first" ? { subject: "yes" } : { subject: "yes", changed: "yes" };

export const asNumber = (resource: pulumi.CustomResource): pulumi.Output<number> => resource.id.apply(Number);
