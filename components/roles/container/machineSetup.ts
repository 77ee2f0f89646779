import * as pulumi from "@pulumi/pulumi";
import { containerHost, machineBase } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf, sizeOf } from "../../machine/machinesArgs";
import type { MachinePlan, Plan } from "../../plan/plan";
import { mergeSetups } from "../../setup/merge";
import { type ContainerMachinesArgs, containerProblems, readRole } from "./inputs";
import { containerRole } from "./role";
import { programsSetup } from "./setup";

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
  const { role, addresses } = args;
  const { settings } = readRole(args, knownRoles(platform));
  return planOf(name, args, platform, { role: containerRole(role, { ...settings, ...size }), addresses });
}

/** What a machine becomes. Secret: it holds the environment of the containers. */
export function machineSetup(
  name: string,
  args: ContainerMachinesArgs,
  platform: PlatformContext | undefined,
  machine: MachinePlan,
  volumeId: pulumi.Input<number> | undefined,
) {
  const { registries, registryMirror } = args;
  const roles = knownRoles(platform);
  return pulumi.all([settledArgs(args), volumeId]).apply(([settled, id]) => {
    refuseInputs(`ContainerMachines ${name}`, containerProblems(settled, roles));
    const { settings } = readRole(settled, roles);
    const { containers, volumeGb } = settings;
    const given = settled.images;
    const images = Object.entries(containers).map(([key, { image }]) => [key, given[key] ?? image] as const);
    const { stores, secrets, logArchive } = settled;
    const volume = id === undefined || volumeGb === undefined ? undefined : { id, sizeGb: volumeGb };
    const stack = { ...settings, images: Object.fromEntries(images), volume, stores, secrets };
    const plan = containerPlan(name, settled, platform);
    const base = { adminRanges: [], logArchive };
    const programs = programsSetup(machine, stack);
    return Object.keys(containers).length === 0
      ? pulumi.output(mergeSetups(machineBase(machine, plan, base), programs))
      : containerHost(machine, plan, { ...base, registryMirror, registries }, programs);
  });
}

/** The arguments when all that other resources answer is known. */
function settledArgs(args: ContainerMachinesArgs) {
  const { containers = {}, services = {}, images = {}, logArchive, stores = {}, secrets = {} } = args;
  const known = pulumi.output({ containers, services, images, logArchive });
  return pulumi
    .all([known, pulumi.secret({ stores, secrets })])
    .apply(([plain, hidden]) => ({ ...args, ...plain, ...hidden }));
}
