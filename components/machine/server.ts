import * as hcloud from "@pulumi/hcloud";
import type * as pulumi from "@pulumi/pulumi";
import { privateUserData } from "../setup/defaultRoute";
import { defaultImage } from "./context";
import { platformLabels } from "./labels";
import type { MachineArgs } from "./ownMachines";

/** A machine whose defaults are filled in. */
export type CompleteMachine = MachineArgs &
  Required<Pick<MachineArgs, "hostname" | "isPublic" | "image" | "labels" | "protect">>;

/** @param name of the component, which names the server unless something else does */
export function completeMachine(name: string, args: MachineArgs): CompleteMachine {
  const { hostname = name, isPublic = false, image = defaultImage, protect = false } = args;
  const { userData = isPublic ? undefined : privateUserData, labels = platformLabels(hostname) } = args;
  return { ...args, hostname, isPublic, image, labels, protect, ...(userData !== undefined && { userData }) };
}

/** Hetzner's ids are numbers, Pulumi's are strings. */
export function numericId(resource: pulumi.CustomResource): pulumi.Output<number> {
  return resource.id.apply(Number);
}

export function createServer(
  name: string,
  machine: CompleteMachine,
  hooks: pulumi.ResourceHookBinding,
  parent: pulumi.Resource,
): hcloud.Server {
  const { hostname, isPublic, network, protect, userData } = machine;
  return new hcloud.Server(
    `${name}-server`,
    {
      name: hostname,
      serverType: machine.serverType,
      image: machine.image,
      location: machine.location,
      sshKeys: [machine.sshKey],
      userData,
      publicNets: [{ ipv4Enabled: isPublic, ipv6Enabled: isPublic }],
      networks: [{ networkId: network.id, ip: machine.address }],
      firewallIds: machine.firewallIds,
      placementGroupId: machine.placementGroupId,
      labels: machine.labels,
      deleteProtection: protect,
      rebuildProtection: protect,
      // Resizing keeps the disk, so that going back stays possible.
      keepDisk: true,
    },
    {
      parent,
      protect,
      // They matter at the first boot only; a changed image or key must never replace a machine silently.
      ignoreChanges: ["userData", "sshKeys", "image"],
      // Server names are unique in a project.
      deleteBeforeReplace: true,
      hooks,
    },
  );
}

export function attachVolume(
  name: string,
  { volumeId }: CompleteMachine,
  serverId: pulumi.Output<number>,
  opts: pulumi.CustomResourceOptions,
): hcloud.VolumeAttachment[] {
  if (volumeId === undefined) return [];
  const attachment = { serverId, volumeId, automount: false };
  return [new hcloud.VolumeAttachment(`${name}-volume`, attachment, opts)];
}
