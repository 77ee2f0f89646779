import * as pulumi from "@pulumi/pulumi";
import { createInOrder } from "./inOrder";
import { refuseInputs } from "./inputErrors";
import { platformLabels } from "./labels";
import type { Machine } from "./machine";
import { groupProblems, type MachineGroupArgs } from "./ownMachines";
import { createPlacementGroups } from "./placementGroups";

export type { MachineGroupArgs } from "./ownMachines";

/**
 * Machines of one kind: on different physical hosts, made together and changed one after the other. When the change of
 * one fails the others stay as they were.
 *
 * Cost: the server type for each machine, 0.50 EUR a month for the IPv4 address of each public one.
 *
 * @throws InputPropertiesError with everything that no machine could have, before any resource
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { MachineGroup } from "hetzner-platform";
 *
 * const workers = new MachineGroup("shop-worker", {
 *   location: "nbg1",
 *   network: { id: 4711, range: "10.20.0.0/16" },
 *   addresses: ["10.20.6.11", "10.20.6.12"],
 *   serverType: "cx23",
 *   sshKey: "deploy",
 *   privateKey: new pulumi.Config().requireSecret("deployKey"),
 *   bastion: { host: "203.0.113.10", hostKey: "ssh-ed25519 AAAA" },
 *   rollout: "oneByOne",
 *   setup: ({ hostname }) => ({
 *     packages: ["beanstalkd"],
 *     files: [{ path: "/etc/worker.conf", content: `name ${hostname}\n` }],
 *   }),
 * });
 *
 * export const workerIds = workers.serverIds;
 * ```
 */
export class MachineGroup extends pulumi.ComponentResource {
  public readonly serverIds: pulumi.Output<number[]>;
  /** Private addresses, in the order of the machines. */
  public readonly privateIps: pulumi.Output<string[]>;
  /** Public addresses, in the order of the machines; empty ones for private machines. */
  public readonly publicIpv4s: pulumi.Output<string[]>;
  /** Host names; resolves when all setups have succeeded. */
  public readonly configured: pulumi.Output<string[]>;

  constructor(name: string, args: MachineGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hetzner-platform:index:MachineGroup", name, {}, opts);
    refuseInputs(`MachineGroup ${name}`, groupProblems(name, args));
    const machines = createGroup(name, args, this);
    this.serverIds = pulumi.all(machines.map(({ serverId }) => serverId));
    this.privateIps = pulumi.output([...args.addresses]);
    this.publicIpv4s = pulumi.all(machines.map(({ publicIpv4 }) => publicIpv4));
    this.configured = pulumi.all(machines.map(({ configured }) => configured));
    this.registerOutputs({
      serverIds: this.serverIds,
      privateIps: this.privateIps,
      publicIpv4s: this.publicIpv4s,
      configured: this.configured,
    });
  }
}

function createGroup(name: string, args: MachineGroupArgs, parent: MachineGroup): Machine[] {
  const {
    addresses,
    hostname: prefix = name,
    setup,
    volumeIds,
    spread = true,
    rollout,
    settleSeconds,
    ...common
  } = args;
  const labels = args.labels ?? platformLabels(prefix);
  const count = spread ? addresses.length : 0;
  const groups = createPlacementGroups(name, { count, groupName: prefix, labels }, parent);
  const members = addresses.map((address, index) => {
    const hostname = `${prefix}${index + 1}`;
    const args = {
      ...common,
      ...{ address, hostname, labels },
      setup: typeof setup === "function" ? setup({ hostname, address }) : setup,
      volumeId: volumeIds?.[index],
    };
    return { name: `${name}-${index + 1}`, args };
  });
  return createInOrder(name, members, { parent, groups, rollout, settleSeconds });
}
