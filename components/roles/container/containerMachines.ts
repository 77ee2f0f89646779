import * as pulumi from "@pulumi/pulumi";
import type { MachineContext } from "../../machine/context";
import { createVolume } from "../../machine/dataVolume";
import { refuseInputs } from "../../machine/inputErrors";
import { machineContext, type PlatformContext } from "../../machine/machinesArgs";
import { createMachines, groupOutputs } from "../../machine/roleMachines";
import { numericId } from "../../machine/server";
import { type MachinePlan, machinesOf } from "../../plan/plan";
import { type ContainerMachinesArgs, readRole } from "./inputs";
import { containerPlan, knownRoles, machineSetup } from "./machineSetup";

/**
 * Private machines of a role of your own: your containers and systemd services, in the machine's own network, so that
 * the host firewall decides who reaches them, and a volume where they keep their data.
 *
 * Cost: the server type for each machine and its volume by the GB; no public addresses.
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
 *       data: "/var/lib/odoo",
 *       dataUser: 101,
 *     },
 *   },
 *   services: {
 *     reports: { exec: "/usr/bin/python3 -m http.server 9000", ports: [{ port: 9000, from: ["10.20.2.0/24"] }] },
 *   },
 *   packages: ["python3"],
 *   volumeGb: 50,
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
    const { settings, problems } = readRole(args, knownRoles(platform));
    refuseInputs(`ContainerMachines ${name}`, problems);
    const { role, serverType, bastion, protect, environment = name } = args;
    const machines = machinesOf(containerPlan(name, args, platform, settings), role);
    const context = machineContext(name, args, platform);
    const volumes = createVolumes(name, args, machines, context, this);
    const made = createMachines(
      name,
      {
        machines,
        serverType,
        context,
        bastion,
        setup: (machine) => machineSetup(name, args, platform, machine, volumes.get(machine.name)),
        volumeId: (machine) => volumes.get(machine.name),
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

/** One for each machine, by its name; none without `volumeGb`. */
function createVolumes(
  name: string,
  { volumeGb, protect = false }: ContainerMachinesArgs,
  machines: readonly MachinePlan[],
  context: MachineContext,
  parent: ContainerMachines,
): ReadonlyMap<string, pulumi.Output<number>> {
  if (volumeGb === undefined) return new Map();
  const made = machines.map((machine) => {
    const volume = { hostname: machine.hostname, sizeGb: volumeGb, protect, context };
    return [machine.name, numericId(createVolume(`${name}-${machine.name}`, volume, parent))] as const;
  });
  return new Map(made);
}
