import * as pulumi from "@pulumi/pulumi";
import { refuseInputs } from "../../machine/inputErrors";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs } from "../../machine/roleMachines";
import { machinesOf } from "../../plan/plan";
import { type ContainerMachinesArgs, containerProblems } from "./inputs";
import { containerPlan, knownRoles, machineSetup } from "./machineSetup";

/**
 * Private machines of a role of your own: Docker and your containers, in the machine's own network, so that the
 * host firewall decides who reaches them.
 *
 * Cost: the server type for each machine; no public addresses.
 *
 * @throws InputPropertiesError with everything that no machine could run, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { ContainerMachines } from "hetzner-platform";
 *
 * const config = new pulumi.Config();
 * const erp = new ContainerMachines("shop", {
 *   role: "erp",
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   addresses: ["10.20.20.11"],
 *   serverType: "cpx32",
 *   sshKey: "deploy",
 *   privateKey: config.requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   containers: {
 *     odoo: {
 *       image: "odoo:18.0",
 *       memoryMb: 2048,
 *       ports: [{ port: 8069, from: ["10.20.1.0/24"] }],
 *       secrets: { ADMIN_PASSWORD: "erpPassword" },
 *     },
 *   },
 *   secrets: { erpPassword: config.requireSecret("deployKey") },
 *   protect: true,
 * });
 *
 * export const machines = erp.privateIps;
 * ```
 */
export class ContainerMachines extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the machines. */
  public readonly privateIps: string[];
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  /** @param platform what it is part of; it stands alone without */
  constructor(
    name: string,
    args: ContainerMachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
    platform?: PlatformContext,
  ) {
    super("hetzner-platform:index:ContainerMachines", name, {}, opts);
    refuseInputs(`ContainerMachines ${name}`, containerProblems(args, knownRoles(platform)));
    const { role, serverType, bastion, protect, environment = name } = args;
    const machines = machinesOf(containerPlan(name, args, platform), role);
    const made = createMachines(
      name,
      {
        machines,
        serverType,
        context: machineContext(name, args, platform),
        bastion,
        setup: (machine) => machineSetup(name, args, platform, machine),
        spread: `${environment}-${role}`,
        ...(protect !== undefined && { protect }),
      },
      this,
    );
    const { serverIds, privateIps, configured } = groupOutputs(machines, made);
    this.serverIds = serverIds;
    this.privateIps = privateIps;
    this.configured = configured;
    this.registerOutputs({ serverIds, privateIps, configured });
  }
}
