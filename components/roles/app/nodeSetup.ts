import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf, requireSize } from "../../machine/machinesArgs";
import { imagesOf } from "../../machine/programImages";
import { machineTiers } from "../../machine/tiers";
import { type MachinePlan, machinesOf, type Plan } from "../../plan/plan";
import { answersOverTls } from "../../plan/tiers";
import { mergeSetups } from "../../setup/merge";
import { type AppNodesArgs, appProblems, readServices } from "./inputs";
import { leavingApp } from "./leaving";
import { appRole } from "./role";
import { defaultTraefikImage } from "./settings";
import { appNodeSetup, traefikTakes } from "./setup";

/** @param loadBalancers who may send requests when the nodes stand alone. @default - nobody, which changes no machine */
export function appPlan(
  name: string,
  args: AppNodesArgs,
  platform: PlatformContext | undefined,
  loadBalancers: readonly string[] = [],
): Plan {
  const size = requireSize(args);
  const { addresses } = args;
  return planOf(name, args, platform, {
    // Services listen behind Traefik only.
    role: appRole({ ...size, count: addresses.length, services: {} }, defaultTraefikImage),
    addresses,
    clients: loadBalancers.map((from) => ({ from })),
  });
}

/** What a machine becomes. Secret: it holds the environment of the services. */
export function nodeSetup(
  name: string,
  args: AppNodesArgs,
  platform: PlatformContext | undefined,
  node: MachinePlan,
) {
  const { registries, registryMirror } = args;
  return settledArgs(args, platform?.tierSeed).apply(({ seed, ...settled }) => {
    refuseInputs(`AppNodes ${name}`, appProblems(settled));
    const plan = appPlan(name, args, platform, settled.loadBalancers);
    const { services } = readServices(settled);
    const overTls = answersOverTls(plan, "app");
    const leaving = leavingApp(node, machinesOf(plan, "app"), overTls);
    const { logArchive } = settled;
    return containerHost(
      node,
      plan,
      { adminRanges: [], logArchive, registryMirror, registries, leaving },
      mergeSetups(
        machineTiers(node, plan, seed, [traefikTakes]),
        appNodeSetup(node, { ...settled, services, images: imagesOf(services, settled.images), overTls }),
      ),
    );
  });
}

/** The arguments when all that other resources answer is known. */
function settledArgs(args: AppNodesArgs, seed: pulumi.Output<string> | undefined) {
  const known = pulumi.output({
    domain: args.domain,
    services: args.services,
    images: args.images ?? {},
    traefikImage: args.traefikImage ?? defaultTraefikImage,
    loadBalancers: args.loadBalancers,
    logArchive: args.logArchive,
  });
  const secret = pulumi.secret({ stores: args.stores ?? {}, secrets: args.secrets ?? {}, seed });
  return pulumi.all([known, secret]).apply(([plain, hidden]) => ({ ...args, ...plain, ...hidden }));
}
