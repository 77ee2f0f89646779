import * as pulumi from "@pulumi/pulumi";
import { refuseInputs } from "../../machine/inputErrors";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs } from "../../machine/roleMachines";
import { machinesOf } from "../../plan/plan";
import { noticedWithinSeconds } from "../../setup/site";
import { type AppNodesArgs, appProblems } from "./inputs";
import { appPlan, nodeSetup } from "./nodeSetup";

/**
 * The identical private machines that run the application: Docker, Traefik on the private address, and the
 * replicas of every service behind it. A replica that stops fails its readiness first and leaves Traefik's
 * pool; a node whose front service has no replica left leaves the load balancers' pool.
 *
 * Replicas of a service change one after the other on each node. Two nodes may change at the same time, so a
 * service that must never pause needs two replicas on a node.
 *
 * Cost: one server type for each node; no public addresses.
 *
 * @throws InputPropertiesError with everything that no node could run, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { AppNodes } from "hetzner-platform";
 *
 * const config = new pulumi.Config();
 * const app = new AppNodes("shop", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   addresses: ["10.20.2.11", "10.20.2.12"],
 *   serverType: "cpx32",
 *   sshKey: "deploy",
 *   privateKey: config.requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   domain: "www.example.com",
 *   services: {
 *     web: {
 *       image: "example/shop:1.4.2",
 *       replicas: 2,
 *       port: 3000,
 *       pathPrefix: "/",
 *       uses: ["database"],
 *       secrets: { SESSION_KEY: "sessionKey" },
 *     },
 *     worker: { image: "example/worker:1.4.2", environment: { QUEUE: "mails" } },
 *   },
 *   stores: { database: { DATABASE_URL: pulumi.secret("postgresql://shop@10.20.3.11/shop") } },
 *   secrets: { sessionKey: config.requireSecret("deployKey") },
 *   loadBalancers: ["10.20.1.11", "10.20.1.12"],
 * });
 *
 * export const nodes = app.privateIps;
 * ```
 */
export class AppNodes extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the nodes. */
  public readonly privateIps: string[];
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: AppNodesArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:AppNodes", name, {}, opts);
    refuseInputs(`AppNodes ${name}`, appProblems(args));
    const { serverType, bastion, environment = name } = args;
    const nodes = machinesOf(appPlan(name, args, platform), "app");
    const machines = createMachines(
      name,
      {
        machines: nodes,
        serverType,
        context: machineContext(name, args, platform),
        bastion,
        setup: (node) => nodeSetup(name, args, platform, node),
        spread: `${environment}-app`,
        settleSeconds: noticedWithinSeconds,
      },
      this,
    );
    const { serverIds, privateIps, configured } = groupOutputs(nodes, machines);
    this.serverIds = serverIds;
    this.privateIps = privateIps;
    this.configured = configured;
    this.registerOutputs({ serverIds, privateIps, configured });
  }
}
