import { readdir, rm } from "node:fs/promises";
import type { NameServer } from "../dns";
import type { Host, ServerSpec, World } from "../host";
import type { LoadBalancerRoom } from "../loadBalancers/room";
import type { LocalCloudSettings } from "../settings";
import { StorageRoom } from "../storageBoxes/room";
import { type BootSystem, boot, ended, exitCode, findInit, findSupervisor, findWrapper } from "./boot";
import { removeCgroups } from "./cgroups";
import { mountDisk } from "./disk";
import { type ExitReason, ExitWatch } from "./exits";
import {
  type MachineFolders,
  type MachineRecord,
  machineFolders,
  makeLayers,
  mountRoot,
  readRecord,
} from "./folders";
import { setRootPassword } from "./guest";
import { unmount } from "./mounts";
import { signal } from "./processes";
import { removeEverything } from "./remove";
import { makeRescue, removeRescue, rescueSystem } from "./rescue";
import { RoomNetwork } from "./roomNetwork";
import { prepareVolumes } from "./volumes";

// systemd's own signals to an init in a container: SIGRTMIN+4 powers off, SIGRTMIN+5 reboots.
const powerOffSignal = 38;
const rebootSignal = 39;

export interface RoomOptions {
  /** Root file system of new machines. */
  readonly baseImage: string;
  /** Whether the host's kernel speaks IPv6. */
  readonly ipv6: boolean;
  readonly uplinkMtu: number;
  readonly onProblem: (problem: string) => void;
  readonly balancers: LoadBalancerRoom;
  /** Answers the zones. @default - none: zones have no effect */
  readonly names?: NameServer;
}

type RoomMethods = Pick<
  Host,
  | "reconcileNetwork"
  | "reconcileNames"
  | "onZoneTransfer"
  | "createServer"
  | "rebuildServer"
  | "start"
  | "powerOff"
  | "requestShutdown"
  | "requestReboot"
  | "setRootPassword"
  | "removeServer"
  | "running"
  | "onExit"
  | "removeEverything"
>;

/** Machines and the network between them: what is on, what runs, what ended. */
export class MachineRoom implements RoomMethods {
  readonly #specs = new Map<number, ServerSpec>();
  readonly #exits: ExitWatch;
  readonly #network: RoomNetwork;
  readonly storageBoxes: StorageRoom;

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly options: RoomOptions,
  ) {
    const { ipv6, uplinkMtu, onProblem } = options;
    this.#exits = new ExitWatch(settings, {
      clean: (id) => this.#stopped(id),
      serverOf: (id) => this.#specs.get(id),
      bootAgain: (server) => this.#bootAgain(server),
      onProblem,
    });
    this.storageBoxes = new StorageRoom({
      settings,
      base: options.baseImage,
      ensureNetwork: () => this.#network.apply(),
      onProblem,
    });
    this.#network = new RoomNetwork(settings, {
      ipv6,
      uplinkMtu,
      onProblem,
      specOf: (id) => this.#specs.get(id),
      storageBoxes: () => this.storageBoxes.boxes(),
    });
  }

  currentWorld = () => this.#network.world;

  /** What ought to exist, before the first reconciliation. */
  expect(world: World): void {
    this.#network.world = world;
  }

  /** Stops watching; machines, DHCP servers and load balancers go on. */
  close(): void {
    this.#exits.close();
    this.#network.close();
    this.storageBoxes.close();
    this.options.names?.close();
    this.options.balancers.close();
  }

  onNetworkApplied(listener: () => Promise<void>): void {
    this.#network.onApplied(listener);
  }

  /** Finds the machines that run already, whoever booted them. */
  async adopt(): Promise<void> {
    for (const id of await this.#machineIds()) {
      if ((await findWrapper(this.settings, id)) === undefined) {
        this.#exits.missed(id, await exitCode(this.settings, id));
      } else {
        this.#network.adopt(id);
        this.#exits.watch(id);
      }
    }
  }

  async reconcileNetwork(world: World): Promise<void> {
    this.#network.world = world;
    for (const server of world.servers) this.#specs.set(server.id, server);
    await this.storageBoxes.follow(world.storageBoxes);
    const { balancers } = this.options;
    // A process keeps its namespace alive, so the proxies that are not wanted go first.
    await balancers.keepOnly(world.loadBalancers);
    await this.#network.apply();
    await balancers.apply(world.loadBalancers);
  }

  async reconcileNames(world: World): Promise<void> {
    await this.options.names?.publish(world);
  }

  onZoneTransfer(listener: Parameters<Host["onZoneTransfer"]>[0]): void {
    this.options.names?.onTransfer(listener);
  }

  async createServer(server: ServerSpec): Promise<void> {
    const record = await readRecord(this.settings, server.id);
    if (record === undefined) await makeLayers(this.settings, server, this.options.baseImage);
  }

  async rebuildServer(server: ServerSpec): Promise<void> {
    await this.powerOff(server.id);
    await unmount(machineFolders(this.settings, server.id).root);
    await makeLayers(this.settings, server, this.options.baseImage);
  }

  async start(server: ServerSpec): Promise<void> {
    const { id } = server;
    if ((await findInit(this.settings, id)) !== undefined) return;
    const record = await readRecord(this.settings, id);
    if (record === undefined) throw new Error(`server ${id} has no root file system: create it first`);
    await this.#exits.settled(id);
    // A reboot of the guest ends a rescue system, so it is not known for the next boot.
    const { rescue: _used, ...withoutRescue } = server;
    this.#specs.set(id, withoutRescue);
    await this.#cut(id);
    this.#exits.setOrdered(id, false);
    try {
      const folders = machineFolders(this.settings, id);
      await mountDisk(folders);
      const network = this.#network.switchOn(server);
      const ready = bothOf(this.#mountSystem(record, server), network);
      const system = server.rescue === undefined ? ownSystemOf(folders, server) : rescueSystem(folders);
      await bothOf(boot(this.settings, server, system, ready), ready);
      // What its routers lacked when it began they have long before the guest's first packet, which they would drop.
      await (await network).complete;
    } catch (error) {
      await this.#cut(id);
      this.#network.forget(id);
      throw error;
    }
    this.#exits.watch(id);
  }

  /** Mounts what the machine boots, and notes its volumes. */
  async #mountSystem(record: MachineRecord, { id, diskGb, rescue }: ServerSpec): Promise<void> {
    await mountRoot(this.settings, record, { diskGb });
    if (rescue === undefined) await removeRescue(this.settings, id);
    else await makeRescue(this.settings, id, rescue, this.options.baseImage);
    await prepareVolumes(this.settings, id);
  }

  async powerOff(serverId: number): Promise<void> {
    this.#exits.setOrdered(serverId, true);
    await this.#cut(serverId);
    await this.#exits.settled(serverId);
    await this.#stopped(serverId);
  }

  async requestShutdown(serverId: number): Promise<void> {
    const init = await findInit(this.settings, serverId);
    if (init !== undefined) signal(init, powerOffSignal);
  }

  async requestReboot(serverId: number): Promise<void> {
    const init = await findInit(this.settings, serverId);
    if (init !== undefined) signal(init, rebootSignal);
  }

  async setRootPassword(serverId: number, hash: string): Promise<void> {
    await setRootPassword(this.settings, serverId, hash);
  }

  async removeServer(serverId: number): Promise<void> {
    await this.powerOff(serverId);
    this.#specs.delete(serverId);
    this.#network.remove(serverId);
    const { root, layers, base } = machineFolders(this.settings, serverId);
    await unmount(root);
    await unmount(layers);
    await rm(base, { recursive: true, force: true });
    this.#exits.setOrdered(serverId, false);
  }

  async running(): Promise<ReadonlySet<number>> {
    const ids = await this.#machineIds();
    const inits = await Promise.all(ids.map((id) => findInit(this.settings, id)));
    return new Set(ids.filter((_, index) => inits[index] !== undefined));
  }

  onExit(listener: (serverId: number, reason: ExitReason) => void): void {
    this.#exits.listen(listener);
  }

  /** See {@link RoomNetwork.poison}. */
  async poisonMetadataRoute(serverId: number, poisoned: boolean): Promise<void> {
    await this.#network.poison(serverId, poisoned);
  }

  async removeEverything(): Promise<void> {
    for (const id of await this.#machineIds()) this.#exits.setOrdered(id, true);
    this.close();
    await removeEverything(this.settings);
    this.#network.removeAll();
  }

  /** SIGKILL of the machine's init ends everything in it at once. */
  async #cut(id: number): Promise<void> {
    const wrapper = await findWrapper(this.settings, id);
    if (wrapper === undefined) return;
    const victim = (await findInit(this.settings, id)) ?? (await findSupervisor(this.settings, id));
    signal(victim ?? wrapper.pid, "SIGKILL");
    await ended(this.settings, id, AbortSignal.timeout(20_000));
  }

  async #bootAgain(server: ServerSpec): Promise<void> {
    await this.start(server).catch((error: Error) =>
      this.options.onProblem(`reboot of ${server.name}: ${error.message}`),
    );
  }

  async #stopped(id: number): Promise<void> {
    await this.#network.switchOff(id);
    await removeCgroups(this.settings, id);
    await removeRescue(this.settings, id);
    await rm(machineFolders(this.settings, id).exit, { force: true });
  }

  async #machineIds(): Promise<number[]> {
    const names = await readdir(this.settings.paths.machines).catch(() => []);
    return names.filter((name) => /^\d+$/.test(name)).map(Number);
  }
}

const ownSystemOf = ({ root, docker }: MachineFolders, { name }: ServerSpec): BootSystem => ({
  root,
  hostname: name,
  binds: [[docker, "/var/lib/docker"]],
});

/** Side by side; when one fails, not before the other has ended. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
