import * as pulumi from "@pulumi/pulumi";
import { runAfterwards } from "../../machine/commands";
import { refuseInputs } from "../../machine/inputErrors";
import type { Machine } from "../../machine/machine";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs } from "../../machine/roleMachines";
import { type MachinePlan, machinesOf } from "../../plan/plan";
import { noticedWithinSeconds } from "../../setup/site";
import { readContent, type WebNodesArgs, webProblems } from "./inputs";
import { nodeSetup, webPlan } from "./nodeSetup";
import { purgeCommand } from "./purge";

/**
 * Identical private machines with nginx between load balancers and application nodes: static files, kept pages,
 * compression, security headers, protected paths; the rest goes to the nodes, in a group for each service.
 *
 * A page that may be kept is answered from here while the application has errors or is away. What a visitor of the
 * load balancers is called, they alone are believed. `platform-purge` on a machine forgets kept pages, which
 * another `release` does by itself, and `platform-release` puts the files of a site in place.
 *
 * Cost: one server type for each machine; no public addresses.
 *
 * @throws InputPropertiesError with everything that no machine could serve, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { WebNodes } from "hetzner-platform";
 *
 * const config = new pulumi.Config();
 * const web = new WebNodes("shop", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   addresses: ["10.20.5.11", "10.20.5.12"],
 *   serverType: "cx23",
 *   sshKey: "deploy",
 *   privateKey: config.requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   domain: "www.example.com",
 *   services: { web: {}, api: { pathPrefix: "/api" } },
 *   nodes: ["10.20.2.11:80", "10.20.2.12:80"],
 *   loadBalancers: ["10.20.1.11", "10.20.1.12"],
 *   sites: { docs: { pathPrefix: "/docs" } },
 *   protectedPaths: { jobs: { pathPrefix: "/jobs", users: { admin: "jobsPassword" } } },
 *   secrets: { jobsPassword: config.requireSecret("deployKey") },
 * });
 *
 * export const backends = web.privateIps;
 * ```
 */
export class WebNodes extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the machines. */
  public readonly privateIps: string[];
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: WebNodesArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:WebNodes", name, {}, opts);
    refuseInputs(`WebNodes ${name}`, webProblems(args));
    const { serverType, bastion, environment = name } = args;
    const servers = machinesOf(webPlan(name, args, platform), "web");
    const machines = createMachines(
      name,
      {
        machines: servers,
        serverType,
        context: machineContext(name, args, platform),
        bastion,
        setup: (machine) => nodeSetup(name, args, platform, machine),
        spread: `${environment}-web`,
        settleSeconds: noticedWithinSeconds,
      },
      this,
    );
    purgeWithRelease(name, args, servers, machines, this);
    const { serverIds, privateIps, configured } = groupOutputs(servers, machines);
    this.serverIds = serverIds;
    this.privateIps = privateIps;
    this.configured = configured;
    this.registerOutputs({ serverIds, privateIps, configured });
  }
}

/** After the machines behind run it: what is kept of the one before while they change would stay. */
function purgeWithRelease(
  name: string,
  args: WebNodesArgs,
  servers: readonly MachinePlan[],
  machines: readonly Machine[],
  parent: WebNodes,
): void {
  const { release, privateKey, bastion } = args;
  if (release === undefined || readContent(args).content.cache.diskMb === 0) return;
  for (const [index, { hostKey, serverId, configured }] of machines.entries()) {
    const server = servers[index];
    if (server === undefined) throw new Error("each machine is one of the plan");
    const command = pulumi.all([release, configured]).apply(([known]) => purgeCommand(known));
    const reached = { address: server.privateIp, hostKey, privateKey, bastion, serverId };
    runAfterwards(`${name}-${server.name}-purge`, reached, command, { parent });
  }
}
