import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../plan/plan";
import { machinesOf } from "../plan/plan";
import type { DatabaseCredential } from "../settings/databaseAccess";
import type { OffsiteCredentials } from "../settings/offsiteCredentials";
import type { PlatformWide } from "../settings/platformWide";
import type { RegistryCredential } from "../setup/docker";
import { type MachineSize, resolveServerType } from "../sizing/resolve";
import type { Bastion } from "./context";
import type { ResolveImage } from "./images";
import type { MachinesArgs, PlatformContext, PrivateMachinesArgs } from "./machinesArgs";

/** What a platform is given besides its settings. */
export interface PlatformInputs {
  /** Token with which the load balancers move their floating IP: read and write, of the same project. Secret. */
  readonly apiToken: pulumi.Input<string>;
  /** Base of the Hetzner Cloud API that the load balancers call. @default "https://api.hetzner.cloud/v1" */
  readonly apiEndpoint?: pulumi.Input<string>;
  /** Certificate chain and key in one PEM text. Secret. @default - HTTP only */
  readonly certificate?: pulumi.Input<string>;
  /** Access to the bucket of `settings.storage.backup.offsite`. Secret. @default - no second copy */
  readonly offsiteCredentials?: pulumi.Input<OffsiteCredentials>;
  /** Encrypts the copies outside. Secret. @default - random, see `StorageNode.backupKey` */
  readonly backupKey?: pulumi.Input<string>;
  /** Values of the secrets that services and registries name in the settings. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, string>>>;
  /** Values of the keys under which roles have secrets of their own, the keys above aside. Secret. @default - none */
  readonly roleSecrets?: Readonly<Record<string, pulumi.Input<string>>>;
}

/** What a platform hands to each of its roles, of which none knows another. */
export interface Surroundings<Wide extends PlatformWide = PlatformWide> extends PlatformGround {
  readonly wide: Wide;
  /** What the roles before this one offer. */
  readonly offers: Offers;
}

/** Where the component of a role stands in a platform. */
export interface Place {
  /** Its name at Pulumi: `platform-database`. */
  readonly name: string;
  readonly parent: pulumi.Resource;
}

/** What is the same for all roles. */
export interface PlatformGround {
  /** With the plan of all machines. */
  readonly platform: PlatformContext;
  readonly common: CommonArgs;
  readonly inputs: PlatformInputs;
  /** Logins with which images are pulled. Secret. */
  readonly registries: pulumi.Output<RegistryCredential[]>;
  readonly resolveImage: ResolveImage;
}

/** What the component of a role answers. */
export interface CreatedRole {
  readonly component: pulumi.ComponentResource;
  /** In the order of the plan's machines. */
  readonly serverIds: pulumi.Output<number[]>;
  /** Resolves when all setups have succeeded. */
  readonly configured: pulumi.Output<string | string[]>;
  /** @default - nothing that others are handed */
  readonly offers?: Offers;
}

/** By the words that parts of the plan use under `offers` and `needs`. */
export type Offers = Readonly<Record<string, Offer>>;

/** What whoever needs an offer is handed, beside its address in the plan. */
export interface Offer {
  /** Variables by which programs find it. Secret. @default - none */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** A database. @default - it is none */
  readonly database?: OfferedDatabase;
  /** How SSH reaches machines without public addresses. @default - not through it */
  readonly bastion?: Bastion;
  /** What visitors are answered by, as a name that changes with it; resolves when all machines run it. @default - it is not told */
  readonly release?: pulumi.Output<string>;
}

/** A database for those who look after it. */
export interface OfferedDatabase {
  readonly name: string;
  /** Takes backups. Secret. */
  readonly backup: pulumi.Input<DatabaseCredential>;
  /** Restores them. Secret. */
  readonly restore: pulumi.Input<DatabaseCredential>;
}

/** What all machines of a platform have in common. */
export type CommonArgs = Omit<MachinesArgs, "serverType" | "memoryGb" | "vcpus">;

/** The same of those without public addresses. */
type PrivateCommonArgs = CommonArgs & Pick<PrivateMachinesArgs, "bastion" | "registries" | "registryMirror">;

/** What machines without public addresses have in common. @throws when no role before offers a bastion */
export function privateArgs({ common, offers, registries, wide }: Surroundings): PrivateCommonArgs {
  const { registryMirror } = wide.images;
  const bastion = Object.values(offers).find((offer) => offer.bastion !== undefined)?.bastion;
  if (bastion === undefined) throw new Error("no role offers a way to machines without public addresses");
  return { ...common, bastion, registries, ...(registryMirror !== undefined && { registryMirror }) };
}

/** What the machines of one role are ordered as. */
export function orderedAs(size: MachineSize, { location }: Pick<PlatformWide, "location">) {
  const { vcpus, memoryGb } = size;
  return { serverType: resolveServerType(size, location).name, vcpus, memoryGb };
}

export function addressesOf(plan: Plan, role: string): string[] {
  return machinesOf(plan, role).map(({ privateIp }) => privateIp);
}

/** The environments of offers, by their names: those of them that programs can use. Secret. */
export function environmentsOf<Name extends string>(offers: Offers, names: readonly Name[]) {
  const found = names.flatMap((name) => {
    const environment = offers[name]?.environment;
    return environment === undefined ? [] : [[name, environment] as const];
  });
  return Object.fromEntries(found) as {
    readonly [Key in Name]?: Readonly<Record<string, pulumi.Input<string>>>;
  };
}

/** Images of programs by digest, by the names of the programs. */
export function imagesByName(
  programs: Readonly<Record<string, { readonly image: string }>>,
  resolve: ResolveImage,
): Readonly<Record<string, pulumi.Output<string>>> {
  return Object.fromEntries(Object.entries(programs).map(([name, { image }]) => [name, resolve(image)]));
}
