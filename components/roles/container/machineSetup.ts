import * as pulumi from "@pulumi/pulumi";
import { containerHost, machineBase } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf, requireSize } from "../../machine/machinesArgs";
import { imagesOf } from "../../machine/programImages";
import type { MachinePlan, Plan } from "../../plan/plan";
import type { UserRoleSettings } from "../../settings/userRole";
import { mergeSetups } from "../../setup/merge";
import { type ContainerMachinesArgs, readRole } from "./inputs";
import { containerRole } from "./role";
import { programsSetup } from "./setup";

/** The roles that may be named as senders: those of the platform. */
export function knownRoles(platform: PlatformContext | undefined): readonly string[] {
  return (platform?.plan.roles ?? []).map(({ name }) => name);
}

/** The platform's plan, or one of these machines alone, with the senders that are known. @param settings of the role */
export function containerPlan(
  name: string,
  args: ContainerMachinesArgs,
  platform: PlatformContext | undefined,
  settings: UserRoleSettings,
): Plan {
  const size = requireSize(args);
  const { role, addresses } = args;
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
    const { settings, problems } = readRole(settled, roles);
    refuseInputs(`ContainerMachines ${name}`, problems);
    const { containers, volumeGb } = settings;
    const images = imagesOf(containers, settled.images);
    const { stores, secrets, logArchive } = settled;
    const volume = id === undefined || volumeGb === undefined ? undefined : { id, sizeGb: volumeGb };
    const stack = { ...settings, images, volume, stores, secrets };
    const plan = containerPlan(name, settled, platform, settings);
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
