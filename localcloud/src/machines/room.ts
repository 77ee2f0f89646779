import { rm } from "node:fs/promises";
import type { Host, ServerSpec, World } from "../host/contract";
import { unmount } from "../linux/mounts";
import { signal } from "../linux/processes";
import type { LocalCloudSettings } from "../settings/cloud";
import { boot, cutPower, exitCode, findInit, findWrapper } from "./boot";
import { removeCgroups } from "./cgroups";
import { mountDisk } from "./disk";
import { type ExitReason, ExitWatch } from "./exits";
import { machineFolders, machineIds, makeLayers, readRecord } from "./folders";
import { setRootPassword } from "./guest";
import { removeRescue } from "./rescue";
import { RoomNetwork } from "./roomNetwork";
import { mountSystem, systemOf } from "./system";

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
  /** Storage boxes that run, which are in the network as machines are. */
  readonly storageBoxes: () => World["storageBoxes"];
}

type RoomMethods = Pick<
  Host,
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
>;

/** Machines and the network between them: what is on, what runs, what ended. */
export class MachineRoom implements RoomMethods {
  readonly #specs = new Map<number, ServerSpec>();
  readonly #exits: ExitWatch;
  readonly network: RoomNetwork;

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly options: RoomOptions,
  ) {
    const { ipv6, uplinkMtu, onProblem, storageBoxes } = options;
    this.#exits = new ExitWatch(settings, {
      clean: (id) => this.#stopped(id),
      serverOf: (id) => this.#specs.get(id),
      bootAgain: (server) => this.#bootAgain(server),
      onProblem,
    });
    this.network = new RoomNetwork(settings, {
      ipv6,
      uplinkMtu,
      onProblem,
      specOf: (id) => this.#specs.get(id),
      storageBoxes,
    });
  }

  /** Takes over what ought to exist; the network follows when it is told so. */
  expect(world: World): void {
    this.network.world = world;
    for (const server of world.servers) this.#specs.set(server.id, server);
  }

  /** Stops watching; machines and DHCP servers go on. */
  close(): void {
    this.#exits.close();
    this.network.close();
  }

  /** Finds the machines that run already, whoever booted them. */
  async adopt(): Promise<void> {
    for (const id of await machineIds(this.settings)) {
      if ((await findWrapper(this.settings, id)) === undefined) {
        this.#exits.missed(id, await exitCode(this.settings, id));
      } else {
        this.network.adopt(id);
        this.#exits.watch(id);
      }
    }
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
    await cutPower(this.settings, id);
    this.#exits.setOrdered(id, false);
    try {
      await mountDisk(machineFolders(this.settings, id));
      const network = this.network.switchOn(server);
      const mounted = mountSystem(this.settings, record, server, this.options.baseImage);
      const ready = bothOf(mounted, network);
      await bothOf(boot(this.settings, server, systemOf(this.settings, server), ready), ready);
      // What its routers lacked when it began they have long before the guest's first packet, which they would drop.
      await (await network).complete;
    } catch (error) {
      await cutPower(this.settings, id);
      this.network.forget(id);
      throw error;
    }
    this.#exits.watch(id);
  }

  async powerOff(serverId: number): Promise<void> {
    this.#exits.setOrdered(serverId, true);
    await cutPower(this.settings, serverId);
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
    this.network.remove(serverId);
    const { root, layers, base } = machineFolders(this.settings, serverId);
    await unmount(root);
    await unmount(layers);
    await rm(base, { recursive: true, force: true });
    this.#exits.setOrdered(serverId, false);
  }

  async running(): Promise<ReadonlySet<number>> {
    const ids = await machineIds(this.settings);
    const inits = await Promise.all(ids.map((id) => findInit(this.settings, id)));
    return new Set(ids.filter((_, index) => inits[index] !== undefined));
  }

  onExit(listener: (serverId: number, reason: ExitReason) => void): void {
    this.#exits.listen(listener);
  }

  /** Whatever ends from now on is no news. */
  async expectTheEnd(): Promise<void> {
    for (const id of await machineIds(this.settings)) this.#exits.setOrdered(id, true);
  }

  async #bootAgain(server: ServerSpec): Promise<void> {
    await this.start(server).catch((error: Error) =>
      this.options.onProblem(`reboot of ${server.name}: ${error.message}`),
    );
  }

  async #stopped(id: number): Promise<void> {
    await this.network.switchOff(id);
    await removeCgroups(this.settings, id);
    await removeRescue(this.settings, id);
    await rm(machineFolders(this.settings, id).exit, { force: true });
  }
}

/** Side by side; when one fails, not before the other has ended. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
