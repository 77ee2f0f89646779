import * as pulumi from "@pulumi/pulumi";
import { machineBase } from "../../machine/base";
import { refuseInputs } from "../../machine/inputErrors";
import { type PlatformContext, planOf, requireSize } from "../../machine/machinesArgs";
import { machineTiers } from "../../machine/tiers";
import { type MachinePlan, machinesOf, type Plan } from "../../plan/plan";
import { answersOverTls, certifiedServers } from "../../plan/tiers";
import { mergeSetups } from "../../setup/merge";
import { readContent, type WebNodesArgs, webProblems } from "./inputs";
import { leavingWeb } from "./leaving";
import { webRole } from "./role";
import { usualWebSettings } from "./settings";
import { webSetup } from "./setup";

/** @param loadBalancers who may send requests when the servers stand alone. @default - nobody, which changes no machine */
export function webPlan(
  name: string,
  args: WebNodesArgs,
  platform: PlatformContext | undefined,
  loadBalancers: readonly string[] = [],
): Plan {
  const { addresses } = args;
  return planOf(name, args, platform, {
    role: webRole({ ...usualWebSettings, ...requireSize(args), count: addresses.length }),
    addresses,
    clients: loadBalancers.map((from) => ({ from })),
  });
}

/** What a machine becomes. Secret: it may hold passwords and what opens a store. */
export function nodeSetup(
  name: string,
  args: WebNodesArgs,
  platform: PlatformContext | undefined,
  machine: MachinePlan,
) {
  return settledArgs(args, platform?.tierSeed).apply(({ seed, ...settled }) => {
    refuseInputs(`WebNodes ${name}`, webProblems(settled));
    const plan = webPlan(name, args, platform, settled.loadBalancers);
    const { content, services } = readContent(settled);
    const overTls = answersOverTls(plan, "web");
    const leaving = leavingWeb(machine, machinesOf(plan, "web"), overTls);
    const { domain, nodes, loadBalancers, secrets, logArchive } = settled;
    const tiers = { overTls, ...nodesRole(plan, machine, nodes) };
    const options = { machine, loadBalancers, nodes, services, domain, content, ...tiers };
    return mergeSetups(
      machineBase(machine, plan, { adminRanges: [], logArchive, leaving }),
      machineTiers(machine, plan, seed, [{ unit: "nginx.service" }]),
      webSetup(options, secrets, settled.objectStore),
    );
  });
}

/** Where the nodes have certificates. */
function nodesRole(plan: Plan, machine: MachinePlan, nodes: readonly string[]) {
  const [address = ""] = nodes[0]?.split(":") ?? [];
  const node = certifiedServers(plan, machine).get(address);
  return node === undefined ? {} : { nodesRole: node.role };
}

/** The arguments when all that other resources answer is known. */
function settledArgs(args: WebNodesArgs, seed: pulumi.Output<string> | undefined) {
  const known = pulumi.output({
    domain: args.domain,
    nodes: args.nodes ?? [],
    loadBalancers: args.loadBalancers,
    logArchive: args.logArchive,
  });
  const secret = pulumi.secret({ secrets: args.secrets ?? {}, objectStore: args.objectStore, seed });
  return pulumi.all([known, secret]).apply(([plain, hidden]) => ({ ...args, ...plain, ...hidden }));
}
