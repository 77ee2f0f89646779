import { mkdir } from "node:fs/promises";
import type { Host, World } from "../host/contract";
import type { StorageBoxHost } from "../host/storageBoxes";
import { LoadBalancerRoom } from "../loadBalancers/room";
import { ensureAuthority, issueCertificate } from "../machines/authority";
import { countersOf } from "../machines/counters";
import { whyNoDiskLimit } from "../machines/disk";
import { ensureBaseImage } from "../machines/image";
import { registerCloud } from "../machines/imageCache";
import { MachineRoom } from "../machines/room";
import { snapshotMethods } from "../machines/snapshots";
import { volumeMethods } from "../machines/volumeHost";
import { createSampler } from "../metrics/sampler";
import type { NameServer } from "../nameServer";
import { enableForwarding, ipv6Works, uplinkMtu } from "../network/forwarding";
import type { LocalCloudSettings } from "../settings/cloud";
import type { StorageRoom } from "../storageBoxes/room";

/** A {@link Host} of this Linux machine, with what the daemon needs besides. */
export interface LinuxHost extends Host {
  /** The world of the last reconciliation. */
  currentWorld(): World;
  /** What else must be in the network each time that it was brought to the world, before anyone is told so. */
  onNetworkApplied(listener: () => Promise<void>): void;
  /** See {@link RoomNetwork.poison}. */
  poisonMetadataRoute(serverId: number, poisoned: boolean): Promise<void>;
  /** Stops watching; machines go on. */
  close(): void;
}

/**
 * The machine room on this Linux host. Finds the machines that run already, whoever booted them.
 *
 * @throws when the base image cannot be built
 */
export async function createLinuxHost(
  settings: LocalCloudSettings,
  options: {
    readonly baseImage?: string;
    readonly onProblem?: (problem: string) => void;
    /** Answers the zones. @default - none: zones have no effect */
    readonly names?: NameServer;
    /** What ought to exist, as far as it is known already. @default nothing */
    readonly world?: World;
  } = {},
): Promise<LinuxHost> {
  const baseImage = options.baseImage ?? (await ensureBaseImage());
  await mkdir(settings.paths.machines, { recursive: true });
  await registerCloud(settings);
  await enableForwarding();
  const ipv6 = await ipv6Works();
  const onProblem = options.onProblem ?? (() => {});
  const balancers = new LoadBalancerRoom(settings, ipv6, onProblem);
  const room = new MachineRoom(settings, {
    baseImage,
    ipv6,
    uplinkMtu: await uplinkMtu(),
    onProblem,
    balancers,
    ...(options.names !== undefined && { names: options.names }),
  });
  const unlimited = await whyNoDiskLimit();
  if (unlimited !== undefined) options.onProblem?.(`disks of servers have no limit here: ${unlimited}`);
  if (options.world !== undefined) room.expect(options.world);
  await room.adopt();
  const closeRoom = room.close.bind(room);
  const sampler = createSampler({
    counters: async () => countersOf(settings, await room.running()),
    servers: () => room.currentWorld().servers.map(({ id }) => id),
    now: Date.now,
    onProblem: options.onProblem ?? (() => {}),
  });
  sampler.start();
  return Object.assign(
    room,
    {
      usage: async (id: number, since: number) => sampler.pointsOf(id, since),
      close: () => {
        sampler.stop();
        closeRoom();
      },
    },
    volumeMethods(settings),
    snapshotMethods(settings),
    storageBoxMethods(room.storageBoxes),
    loadBalancerMethods(balancers),
    {
      issueCertificate: async (names: readonly string[]) => issueCertificate(await ensureAuthority(), names),
    },
  );
}

const storageBoxMethods = (boxes: StorageRoom): StorageBoxHost => ({
  settleStorageBox: (box) => boxes.settleStorageBox(box),
  removeStorageBox: (id) => boxes.removeStorageBox(id),
  createStorageBoxSnapshot: (id, snapshot) => boxes.createStorageBoxSnapshot(id, snapshot),
  removeStorageBoxSnapshot: (id, snapshot) => boxes.removeStorageBoxSnapshot(id, snapshot),
  rollbackStorageBox: (box, snapshot) => boxes.rollbackStorageBox(box, snapshot),
  storageBoxUsage: (id) => boxes.storageBoxUsage(id),
  storageBoxFolders: (id, path) => boxes.storageBoxFolders(id, path),
});

function loadBalancerMethods(
  balancers: LoadBalancerRoom,
): Pick<Host, "requireLoadBalancer" | "targetHealth" | "traffic"> {
  return {
    requireLoadBalancer: (id) => balancers.require(id),
    targetHealth: (id, listenPort, address) => balancers.health(id, listenPort, address),
    traffic: (id) => balancers.traffic(id),
  };
}
