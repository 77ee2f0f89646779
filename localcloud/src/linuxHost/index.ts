import { mkdir } from "node:fs/promises";
import type { World } from "../host/contract";
import { LoadBalancerRoom } from "../loadBalancers/room";
import { countersOf } from "../machines/counters";
import { whyNoDiskLimit } from "../machines/disk";
import { ensureBaseImage } from "../machines/image";
import { registerCloud } from "../machines/imageCache";
import { MachineRoom } from "../machines/room";
import { Sampler } from "../metrics/sampler";
import type { NameServer } from "../nameServer";
import { enableForwarding, ipv6Works, uplinkMtu } from "../network/forwarding";
import type { LocalCloudSettings } from "../settings/cloud";
import { StorageRoom } from "../storageBoxes/room";
import { LinuxHost } from "./host";

export { LinuxHost } from "./host";

export interface LinuxHostOptions {
  /** Root file system of new machines. @default - today's, which is built when it is missing */
  readonly baseImage?: string;
  /** @default - problems are not told */
  readonly onProblem?: (problem: string) => void;
  /** Answers the zones. @default - none: zones have no effect */
  readonly names?: NameServer;
  /** What ought to exist, as far as it is known already. @default nothing */
  readonly world?: World;
}

/**
 * The machine room on this Linux host. Finds the machines that run already, whoever booted them.
 *
 * @throws when the base image cannot be built
 */
export async function createLinuxHost(
  settings: LocalCloudSettings,
  options: LinuxHostOptions = {},
): Promise<LinuxHost> {
  const baseImage = options.baseImage ?? (await ensureBaseImage());
  const onProblem = options.onProblem ?? (() => {});
  await mkdir(settings.paths.machines, { recursive: true });
  await registerCloud(settings);
  await enableForwarding();
  const kernel = { ipv6: await ipv6Works(), uplinkMtu: await uplinkMtu() };
  const balancers = new LoadBalancerRoom(settings, kernel.ipv6, onProblem);
  const storageBoxes = new StorageRoom({
    settings,
    base: baseImage,
    ensureNetwork: (): Promise<void> => machines.network.apply(),
    onProblem,
  });
  const machines: MachineRoom = new MachineRoom(settings, {
    ...kernel,
    baseImage,
    onProblem,
    storageBoxes: () => storageBoxes.boxes(),
  });
  const unlimited = await whyNoDiskLimit();
  if (unlimited !== undefined) onProblem(`disks of servers have no limit here: ${unlimited}`);
  if (options.world !== undefined) machines.network.world = options.world;
  await machines.adopt();
  const sampler = samplerOf(settings, machines, onProblem);
  sampler.start();
  return new LinuxHost(settings, { machines, storageBoxes, balancers, names: options.names, sampler });
}

const samplerOf = (
  settings: LocalCloudSettings,
  machines: MachineRoom,
  onProblem: (problem: string) => void,
): Sampler =>
  new Sampler({
    counters: async () => countersOf(settings, await machines.running()),
    servers: () => machines.network.world.servers.map(({ id }) => id),
    now: Date.now,
    onProblem,
  });
