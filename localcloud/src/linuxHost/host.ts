// The host of the API on this Linux machine. Everything that it is asked goes on to the room that does it: machines/,
// network/, storageBoxes/, loadBalancers/, nameServer/.
import type { Health, Host, IssuedCertificate, ServerSpec, VolumeSpec, World } from "../host/contract";
import type { StorageBoxSpec } from "../host/storageBoxes";
import type { LoadBalancerRoom } from "../loadBalancers/room";
import { ensureAuthority, issueCertificate } from "../machines/authority";
import type { MachineRoom } from "../machines/room";
import { copySnapshot, removeSnapshotFiles } from "../machines/snapshots";
import { attachVolume, detachVolume } from "../machines/volumeAttachment";
import { createVolumeFile, removeVolumeFile, resizeVolumeFile } from "../machines/volumes";
import type { Sampler } from "../metrics/sampler";
import type { NameServer } from "../nameServer";
import type { LocalCloudSettings } from "../settings/cloud";
import type { StorageRoom } from "../storageBoxes/room";
import { removeEverything } from "./remove";

/** What does the work. */
export interface Rooms {
  readonly machines: MachineRoom;
  readonly storageBoxes: StorageRoom;
  readonly balancers: LoadBalancerRoom;
  /** Answers the zones. @default - none: zones have no effect */
  readonly names: NameServer | undefined;
  readonly sampler: Sampler;
}

/** A {@link Host} of this Linux machine, with what the daemon needs besides. See createLinuxHost. */
export class LinuxHost implements Host {
  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly rooms: Rooms,
  ) {}

  // The world as a whole.

  async reconcileNetwork(world: World): Promise<void> {
    const { machines, storageBoxes, balancers } = this.rooms;
    machines.expect(world);
    await storageBoxes.follow(world.storageBoxes);
    // A process keeps its namespace alive, so the proxies that are not wanted go first.
    await balancers.keepOnly(world.loadBalancers);
    await machines.network.apply();
    await balancers.apply(world.loadBalancers);
  }

  async reconcileNames(world: World): Promise<void> {
    await this.rooms.names?.publish(world);
  }

  onZoneTransfer(listener: Parameters<Host["onZoneTransfer"]>[0]): void {
    this.rooms.names?.onTransfer(listener);
  }

  /** The world of the last reconciliation. */
  currentWorld(): World {
    return this.rooms.machines.network.world;
  }

  /** What else must be in the network each time that it was brought to the world, before anyone is told so. */
  onNetworkApplied(listener: () => Promise<void>): void {
    this.rooms.machines.network.onApplied(listener);
  }

  /** See {@link RoomNetwork.poison}. */
  poisonMetadataRoute(serverId: number, poisoned: boolean): Promise<void> {
    return this.rooms.machines.network.poison(serverId, poisoned);
  }

  // Servers.

  createServer(server: ServerSpec): Promise<void> {
    return this.rooms.machines.createServer(server);
  }

  rebuildServer(server: ServerSpec): Promise<void> {
    return this.rooms.machines.rebuildServer(server);
  }

  start(server: ServerSpec): Promise<void> {
    return this.rooms.machines.start(server);
  }

  powerOff(serverId: number): Promise<void> {
    return this.rooms.machines.powerOff(serverId);
  }

  requestShutdown(serverId: number): Promise<void> {
    return this.rooms.machines.requestShutdown(serverId);
  }

  requestReboot(serverId: number): Promise<void> {
    return this.rooms.machines.requestReboot(serverId);
  }

  setRootPassword(serverId: number, hash: string): Promise<void> {
    return this.rooms.machines.setRootPassword(serverId, hash);
  }

  removeServer(serverId: number): Promise<void> {
    return this.rooms.machines.removeServer(serverId);
  }

  running(): Promise<ReadonlySet<number>> {
    return this.rooms.machines.running();
  }

  onExit(listener: Parameters<Host["onExit"]>[0]): void {
    this.rooms.machines.onExit(listener);
  }

  async usage(serverId: number, since: number): ReturnType<Host["usage"]> {
    return this.rooms.sampler.pointsOf(serverId, since);
  }

  // Volumes and snapshots.

  createVolume(volume: VolumeSpec): Promise<void> {
    return createVolumeFile(this.settings, volume);
  }

  resizeVolume(volume: VolumeSpec): Promise<void> {
    return resizeVolumeFile(this.settings, volume);
  }

  removeVolume(volumeId: number): Promise<void> {
    return removeVolumeFile(this.settings, volumeId);
  }

  attachVolume(volume: VolumeSpec, server: ServerSpec, automount: boolean): Promise<void> {
    return attachVolume(this.settings, volume, server, automount);
  }

  detachVolume(volume: VolumeSpec): Promise<void> {
    return detachVolume(this.settings, volume);
  }

  createSnapshot(imageId: number, server: ServerSpec): Promise<number> {
    return copySnapshot(this.settings, imageId, server);
  }

  removeSnapshot(imageId: number): Promise<void> {
    return removeSnapshotFiles(this.settings, imageId);
  }

  // Load balancers and their certificates.

  requireLoadBalancer(loadBalancerId: number): Promise<void> {
    return this.rooms.balancers.require(loadBalancerId);
  }

  targetHealth(loadBalancerId: number, listenPort: number, address: string): Health {
    return this.rooms.balancers.health(loadBalancerId, listenPort, address);
  }

  traffic(loadBalancerId: number): ReturnType<Host["traffic"]> {
    return this.rooms.balancers.traffic(loadBalancerId);
  }

  async issueCertificate(domainNames: readonly string[]): Promise<IssuedCertificate> {
    return issueCertificate(await ensureAuthority(), domainNames);
  }

  // Storage boxes.

  settleStorageBox(box: StorageBoxSpec): Promise<void> {
    return this.rooms.storageBoxes.settleStorageBox(box);
  }

  removeStorageBox(boxId: number): Promise<void> {
    return this.rooms.storageBoxes.removeStorageBox(boxId);
  }

  createStorageBoxSnapshot(boxId: number, snapshot: string): Promise<void> {
    return this.rooms.storageBoxes.createStorageBoxSnapshot(boxId, snapshot);
  }

  removeStorageBoxSnapshot(boxId: number, snapshot: string): Promise<void> {
    return this.rooms.storageBoxes.removeStorageBoxSnapshot(boxId, snapshot);
  }

  rollbackStorageBox(box: StorageBoxSpec, snapshot: string): Promise<void> {
    return this.rooms.storageBoxes.rollbackStorageBox(box, snapshot);
  }

  storageBoxUsage(boxId: number): ReturnType<Host["storageBoxUsage"]> {
    return this.rooms.storageBoxes.storageBoxUsage(boxId);
  }

  storageBoxFolders(boxId: number, path: readonly string[]): ReturnType<Host["storageBoxFolders"]> {
    return this.rooms.storageBoxes.storageBoxFolders(boxId, path);
  }

  // The end.

  /** Stops watching; machines, DHCP servers and load balancers go on. */
  close(): void {
    const { sampler, machines, storageBoxes, names, balancers } = this.rooms;
    sampler.stop();
    machines.close();
    storageBoxes.close();
    names?.close();
    balancers.close();
  }

  async removeEverything(): Promise<void> {
    await this.rooms.machines.expectTheEnd();
    this.close();
    await removeEverything(this.settings);
    this.rooms.machines.network.removeAll();
  }
}
