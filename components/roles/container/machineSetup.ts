import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf, sizeOf } from "../../machine/machinesArgs";
import type { MachinePlan, Plan } from "../../plan/plan";
import { type ContainerMachinesArgs, containerProblems, readContainers } from "./inputs";
import { containerRole } from "./role";
import { containersSetup } from "./setup";

/** The roles that may be named as senders: those of the platform. */
export function knownRoles(platform: PlatformContext | undefined): readonly string[] {
  return (platform?.plan.roles ?? []).map(({ name }) => name);
}

/** The platform's plan, or one of these machines alone, with the senders that are known. */
export function containerPlan(
  name: string,
  args: ContainerMachinesArgs,
  platform: PlatformContext | undefined,
): Plan {
  const size = sizeOf(args);
  if (size === undefined) throw new Error(`server type ${args.serverType} is not known`);
  const { role, addresses, network } = args;
  const { containers } = readContainers(args, knownRoles(platform));
  const own = { ...size, count: addresses.length, subnet: network.range, needs: [], containers };
  return planOf(name, args, platform, { role: containerRole(role, own), addresses });
}

/** What a machine becomes. Secret: it holds the environment of the containers. */
export function machineSetup(
  name: string,
  args: ContainerMachinesArgs,
  platform: PlatformContext | undefined,
  machine: MachinePlan,
) {
  const { registries, registryMirror } = args;
  const roles = knownRoles(platform);
  return settledArgs(args).apply((settled) => {
    refuseInputs(`ContainerMachines ${name}`, containerProblems(settled, roles));
    const { containers } = readContainers(settled, roles);
    const given = settled.images;
    const images = Object.entries(containers).map(([key, { image }]) => [key, given[key] ?? image] as const);
    const { stores, secrets, logArchive } = settled;
    return containerHost(
      machine,
      containerPlan(name, settled, platform),
      { adminRanges: [], logArchive, registryMirror, registries },
      containersSetup(machine, { containers, images: Object.fromEntries(images), stores, secrets }),
    );
  });
}

/** The arguments when all that other resources answer is known. */
function settledArgs(args: ContainerMachinesArgs) {
  const { containers, images = {}, logArchive, stores = {}, secrets = {} } = args;
  const known = pulumi.output({ containers, images, logArchive });
  return pulumi
    .all([known, pulumi.secret({ stores, secrets })])
    .apply(([plain, hidden]) => ({ ...args, ...plain, ...hidden }));
}
