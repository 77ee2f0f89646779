import * as pulumi from "@pulumi/pulumi";
import { containerHost } from "../../machine/base";
import { createMachines, groupOutputs } from "../../machine/machineGroup";
import type { PrivateRoleArgs } from "../../machine/roleArgs";
import { type MachinePlan, machinesOf } from "../../plan/plan";
import type { UserRoleSettings } from "../../settings/userRole";
import { containerSetup } from "../../setup/container";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup } from "../../setup/types";

export interface ContainerMachinesArgs extends PrivateRoleArgs {
  /** Name of the role: `erp`. */
  readonly role: string;
  /** Image of each container, by digest. */
  readonly images: Readonly<Record<string, pulumi.Input<string>>>;
  /** Addresses and credentials of the stores that the role needs. Secret. @default - none */
  readonly stores?: pulumi.Input<Readonly<Record<string, string>>>;
  /** Values of the secrets that containers ask for by name. Secret. @default - none */
  readonly secrets?: pulumi.Input<Readonly<Record<string, string>>>;
}

/**
 * Machines of a role that a stack file defines: Docker and the operator's containers, in the machine's own network, so
 * that the host firewall decides who reaches them.
 *
 * Cost: the server type for each machine.
 */
export class ContainerMachines extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  constructor(name: string, args: ContainerMachinesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:ContainerMachines", name, {}, opts);
    const { settings, plan, serverType, context, bastion, role } = args;
    const machines = machinesOf(plan, role);
    const made = createMachines(
      name,
      {
        machines,
        serverType,
        context,
        bastion,
        setup: (machine) => machineSetup(args, machine),
        spread: `${settings.environment}-${role}`,
        protect: settings.protect,
      },
      this,
    );
    const { serverIds, configured } = groupOutputs(machines, made);
    this.serverIds = serverIds;
    this.configured = configured;
    this.registerOutputs({ serverIds, configured });
  }
}

function machineSetup(args: ContainerMachinesArgs, machine: MachinePlan) {
  const { settings, plan, registries, role } = args;
  const base = { ...settings, registryMirror: settings.images.registryMirror, registries };
  const own = settings.roles?.[role];
  if (own === undefined) throw new Error(`settings.roles names no ${role}`);
  return pulumi
    .all([args.images, pulumi.secret(args.stores ?? {}), pulumi.secret(args.secrets ?? {})])
    .apply(([images, stores, secrets]) =>
      containerHost(machine, plan, base, containersSetup(machine, own, images, stores, secrets)),
    );
}

/** All containers of one machine. Secret. @throws when a container has no image, or asks for a secret that is none */
export function containersSetup(
  machine: MachinePlan,
  { containers }: UserRoleSettings,
  images: Readonly<Record<string, string>>,
  stores: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): CompleteSetup {
  return mergeSetups(
    ...Object.entries(containers).map(([name, container]) => {
      const image = images[name];
      if (image === undefined) throw new Error(`container ${name} has no image: name one in images`);
      const named = Object.entries(container.secrets).map(([variable, secret]) => {
        const value = secrets[secret];
        if (value === undefined)
          throw new Error(`container ${name}: no secret of the name that ${variable} asks for`);
        return [variable, value] as const;
      });
      return containerSetup({
        name,
        image,
        network: "host",
        environment: { ...container.environment, NODE_NAME: machine.hostname },
        secretEnvironment: { ...stores, ...Object.fromEntries(named) },
        memoryMb: container.memoryMb,
        flags: ["--security-opt=no-new-privileges", "--pids-limit=1024"],
      });
    }),
  );
}
