import { isIPv4 } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { type Alone, planAlone } from "../plan/alone";
import type { Plan } from "../plan/plan";
import { ipv4Number, ipv4Range } from "../settings/ranges";
import type { RegistryCredential } from "../setup/docker";
import { findLocation } from "../sizing/locations";
import type { MachineSize } from "../sizing/resolve";
import { serverTypes } from "../sizing/serverTypes";
import { type Bastion, defaultImage, type MachineContext, type PrivateNetwork } from "./context";
import { eachPlain, gotInstead, type InputProblem, plainProblem } from "./inputErrors";
import { platformLabels } from "./labels";

/** What every component is given that makes machines. */
export interface MachinesArgs {
  /** Hetzner location: `nbg1`. */
  readonly location: pulumi.Input<string>;
  /** The private network that the machines join. */
  readonly network: PrivateNetwork;
  /** Hetzner server type: `cpx22`. */
  readonly serverType: string;
  /** Memory of the server type in GB, for one that this release does not know. @default - of the price list */
  readonly memoryGb?: number;
  /** vCPUs of the server type, for one that this release does not know. @default - of the price list */
  readonly vcpus?: number;
  /** `debian-13`, or the number of a snapshot made from it. @default "debian-13" */
  readonly image?: pulumi.Input<string>;
  /** Name or id of the SSH key at Hetzner whose private half is `privateKey`. */
  readonly sshKey: pulumi.Input<string>;
  /** Private half of `sshKey` in OpenSSH form, with which the machines are set up. Secret. */
  readonly privateKey: pulumi.Input<string>;
  /** Prefix of the names of servers and of what belongs to them, unique in the Hetzner project. @default - the component's name */
  readonly environment?: string;
  /** Added to servers and to what belongs to them. @default - `environment` and `managed-by` */
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Refuses deletion of what cannot be made again, through Pulumi and through the API. @default false */
  readonly protect?: boolean;
  /** Private address of a machine that takes the journals: a `StorageNode`. @default - they stay where they are */
  readonly logArchive?: pulumi.Input<string>;
}

/** What every component is given that makes machines without public addresses, which run containers. */
export interface PrivateMachinesArgs extends MachinesArgs {
  /** The public machine through which SSH reaches them: `LoadBalancerPair.bastion`. */
  readonly bastion: Bastion;
  /** Logins with which images are pulled. Secret. @default - none */
  readonly registries?: pulumi.Input<RegistryCredential[]>;
  /** Mirror of Docker Hub: `https://mirror.example.com:5000`. @default - none */
  readonly registryMirror?: string;
}

/** What a component is given besides, when it is part of a platform. */
export interface PlatformContext {
  /** The machines of the component are among its machines. */
  readonly plan: Plan;
  /** From which the authorities of its machines follow, 32 bytes in base64. Secret. @default - no machine shows a certificate */
  readonly tierSeed?: pulumi.Output<string>;
  /** What is asked before a server is made or changed. @default - nothing */
  readonly serverHooks?: pulumi.ResourceHookBinding;
}

/** What is wrong with what all components take; empty: nothing. @param addresses of the machines, and their property */
export function machinesProblems(
  args: MachinesArgs,
  addresses: readonly string[],
  path = (index: number) => `addresses[${index}]`,
): InputProblem[] {
  const { network, serverType, environment, logArchive } = args;
  const known = sizeOf(args);
  return [
    ...networkProblems(network),
    ...addressProblems(network.range, addresses, path),
    ...placeProblems(args),
    ...(known === undefined
      ? [
          {
            propertyPath: "serverType",
            reason: `${gotInstead(serverType, serverTypes.map(({ name }) => name).join(", "))}, or another one with memoryGb and vcpus`,
          },
        ]
      : []),
    ...plainProblem(
      "environment",
      environment,
      (text) => /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(text),
      "lower-case letters, digits and hyphens",
    ),
    ...plainProblem("logArchive", logArchive, isIPv4, "a private IPv4 address"),
  ];
}

/** What is wrong with the network that machines join. */
export function networkProblems({ id, range }: PrivateNetwork): InputProblem[] {
  const isId = (value: number) => Number.isInteger(value) && value > 0;
  const reason = gotInstead(range, "an IPv4 range: 10.0.0.0/16");
  return [
    ...plainProblem("network.id", id, isId, "the number of a network"),
    ...(ipv4Range(range) === undefined ? [{ propertyPath: "network.range", reason }] : []),
  ];
}

/** What is wrong with private addresses of machines, as far as they are known already. */
export function addressProblems(
  range: string,
  addresses: readonly pulumi.Input<string>[],
  path = (index: number) => `addresses[${index}]`,
): InputProblem[] {
  const within = ipv4Range(range);
  const isInside = (address: string) => {
    if (!isIPv4(address) || within === undefined) return isIPv4(address);
    const number = ipv4Number(address);
    return number >= within.first && number <= within.last;
  };
  const allowed = within === undefined ? "an IPv4 address" : `an IPv4 address in ${range}`;
  const plain = addresses.filter((address) => typeof address === "string");
  return [
    ...addresses.flatMap((address, index) => plainProblem(path(index), address, isInside, allowed)),
    ...(new Set(plain).size < plain.length
      ? [{ propertyPath: "addresses", reason: gotInstead(plain, "a different address for each machine") }]
      : []),
  ];
}

/** A server type that is known, and not sold where the machines shall be. */
export function placeProblems({
  location,
  serverType,
}: {
  readonly location: pulumi.Input<string>;
  readonly serverType: pulumi.Input<string>;
}): InputProblem[] {
  const type = serverTypes.find(({ name }) => name === serverType);
  if (type === undefined || findLocation(String(location)) === undefined) return [];
  const isSold = (place: string) => type.locations.includes(place);
  return plainProblem(
    "location",
    location,
    isSold,
    `where ${type.name} is sold: ${type.locations.join(", ")}`,
  );
}

/** What a host firewall and the stores can name: an IPv4 address or range. */
export function isClient(text: string): boolean {
  return isIPv4(text) || ipv4Range(text) !== undefined;
}

/** What is wrong with addresses that end up in firewalls and configuration files. */
export function clientProblems(
  path: string,
  clients: pulumi.Input<pulumi.Input<string>[]> | undefined,
): InputProblem[] {
  return eachPlain(path, clients, isClient, "an IPv4 address or range: 10.0.2.0/24");
}

/** What the server type has; undefined: it is not known and not said. */
export function sizeOf({ serverType, memoryGb, vcpus }: MachinesArgs): MachineSize | undefined {
  const known = serverTypes.find(({ name }) => name === serverType);
  const size = { memoryGb: memoryGb ?? known?.memoryGb, vcpus: vcpus ?? known?.vcpus };
  if (size.memoryGb === undefined || size.vcpus === undefined) return undefined;
  return { memoryGb: size.memoryGb, vcpus: size.vcpus, serverType };
}

/** The same when it must be there. @throws when it is not known: the problems of the arguments say so first */
export function requireSize(args: MachinesArgs): MachineSize {
  const size = sizeOf(args);
  if (size === undefined) throw new Error(`server type ${args.serverType} is not known`);
  return size;
}

/** What the machines of a component have in common, complete. */
export function machineContext(
  name: string,
  {
    location,
    image = defaultImage,
    network,
    sshKey,
    privateKey,
    environment = name,
    labels,
  }: Omit<MachinesArgs, "serverType">,
  platform: PlatformContext | undefined,
): MachineContext {
  return {
    location,
    image,
    network,
    sshKey,
    privateKey,
    labels: labels ?? platformLabels(environment),
    ...(platform?.serverHooks !== undefined && { serverHooks: platform.serverHooks }),
  };
}

/** The platform's plan, or one of these machines alone. */
export function planOf(
  name: string,
  { environment = name, network }: MachinesArgs,
  platform: PlatformContext | undefined,
  alone: Omit<Alone, "environment" | "range">,
): Plan {
  return platform?.plan ?? planAlone({ environment, range: network.range, ...alone });
}
