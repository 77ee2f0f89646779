import { mkdir, readdir, rm } from "node:fs/promises";
import type { NameServer } from "../dns";
import type { Health, Host, IssuedCertificate, ServerSpec, TrafficSample, VolumeSpec, World } from "../host";
import { NetworkApplier } from "../network/apply";
import { NetworkCoordinator } from "../network/coordinator";
import { enableForwarding, ipv6Works, uplinkMtu } from "../network/forwarding";
import { planNetwork } from "../network/plan";
import type { LocalCloudSettings } from "../settings";
import { ensureAuthority, issueCertificate } from "./authority";
import { type BootSystem, boot, ended, exitCode, findInit, findSupervisor, findWrapper } from "./boot";
import { removeCgroups } from "./cgroups";
import { machineFolders, makeLayers, mountRoot, readRecord, unmount } from "./folders";
import { runInGuest, setRootPassword } from "./guest";
import { ensureBaseImage } from "./image";
import { signal } from "./processes";
import { removeEverything } from "./remove";
import { makeRescue, removeRescue } from "./rescue";
import { copySnapshot, removeSnapshotFiles } from "./snapshots";
import {
  attachCommand,
  createVolumeFile,
  detachCommand,
  forgetAttachment,
  prepareVolumes,
  readVolumeRecord,
  recordAttachment,
  removeVolumeFile,
  resizeVolumeFile,
} from "./volumes";

type ExitReason = "poweroff" | "reboot" | "killed";

// systemd's own signals to an init in a container: SIGRTMIN+4 powers off, SIGRTMIN+5 reboots.
const powerOffSignal = 38;
const rebootSignal = 39;
/** What systemd-nspawn answers when the machine asked for a reboot. */
const rebootCode = 133;

/** A {@link Host} of this Linux machine, with what the daemon needs besides. */
export interface LinuxHost extends Host {
  /** The world of the last reconciliation. */
  currentWorld(): World;
  /** What else must be in the network each time that it was brought to the world, before anyone is told so. */
  onNetworkApplied(listener: () => Promise<void>): void;
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
  const lower = options.baseImage ?? (await ensureBaseImage());
  await mkdir(settings.paths.machines, { recursive: true });
  await enableForwarding();
  const ipv6 = await ipv6Works();
  const room = new MachineRoom(
    settings,
    lower,
    ipv6,
    await uplinkMtu(),
    options.onProblem ?? (() => {}),
    options.names,
  );
  if (options.world !== undefined) room.world = options.world;
  await room.adopt();
  return room;
}

class MachineRoom implements LinuxHost {
  world: World = {
    servers: [],
    networks: [],
    floatingAddresses: [],
    volumes: [],
    storageBoxes: [],
    zones: [],
    pointers: {},
    loadBalancers: [],
  };
  readonly #active = new Set<number>();
  /** Machines that are being stopped by order: their end is no news. */
  readonly #stopping = new Set<number>();
  readonly #specs = new Map<number, ServerSpec>();
  readonly #listeners: ((serverId: number, reason: ExitReason) => void)[] = [];
  /** Ends that came before there was a listener. */
  readonly #unheard: [number, ExitReason][] = [];
  readonly #watches = new Map<number, Promise<void>>();
  readonly #closed = new AbortController();
  readonly #afterNetwork: (() => Promise<void>)[] = [];
  readonly #network: NetworkCoordinator;

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly lower: string,
    ipv6: boolean,
    uplinkMtu: number,
    private readonly onProblem: (problem: string) => void,
    private readonly names: NameServer | undefined,
  ) {
    const plan = () =>
      planNetwork({ world: this.#knownWorld(), active: this.#active, settings, ipv6, uplinkMtu });
    this.#network = new NetworkCoordinator(new NetworkApplier(settings, ipv6), plan);
  }

  currentWorld = () => this.world;

  onNetworkApplied(listener: () => Promise<void>): void {
    this.#afterNetwork.push(listener);
  }

  close(): void {
    this.#closed.abort();
    this.names?.close();
  }

  async adopt(): Promise<void> {
    for (const id of await this.#machineIds()) {
      if ((await findWrapper(this.settings, id)) === undefined) {
        await this.#missed(id);
      } else {
        this.#active.add(id);
        this.#watch(id);
      }
    }
  }

  async #applyNetwork(): Promise<void> {
    await this.#network.apply();
    for (const listener of this.#afterNetwork) await listener();
  }

  /** A machine that ended while nobody watched; one that wanted a reboot is simply started by the API. */
  async #missed(id: number): Promise<void> {
    const code = await exitCode(this.settings, id);
    if (code !== undefined && code !== rebootCode) this.#unheard.push([id, reasonOf(code)]);
  }

  async reconcileNetwork(world: World): Promise<void> {
    this.world = world;
    for (const server of world.servers) this.#specs.set(server.id, server);
    await this.#applyNetwork();
  }

  async reconcileNames(world: World): Promise<void> {
    await this.names?.publish(world);
  }

  onZoneTransfer(listener: Parameters<Host["onZoneTransfer"]>[0]): void {
    this.names?.onTransfer(listener);
  }

  async createServer(server: ServerSpec): Promise<void> {
    const record = (await readRecord(this.settings, server.id)) ?? undefined;
    if (record === undefined) await makeLayers(this.settings, server, this.lower);
  }

  async rebuildServer(server: ServerSpec): Promise<void> {
    await this.powerOff(server.id);
    await unmount(machineFolders(this.settings, server.id).root);
    await makeLayers(this.settings, server, this.lower);
  }

  async start(server: ServerSpec): Promise<void> {
    const { id } = server;
    if ((await findInit(this.settings, id)) !== undefined) return;
    const record = await readRecord(this.settings, id);
    if (record === undefined) throw new Error(`server ${id} has no root file system: create it first`);
    await this.#watches.get(id);
    // A reboot of the guest ends a rescue system, so it is not known for the next boot.
    const { rescue: _used, ...ownSystem } = server;
    this.#specs.set(id, ownSystem);
    await this.#cut(id);
    await mountRoot(this.settings, record);
    const system = await this.#systemOf(server);
    await prepareVolumes(this.settings, id);
    await this.#network.resetMachine(id);
    this.#active.add(id);
    this.#stopping.delete(id);
    try {
      await this.#applyNetwork();
      await boot(this.settings, server, system);
    } catch (error) {
      await this.#cut(id);
      this.#active.delete(id);
      throw error;
    }
    this.#watch(id);
  }

  async #systemOf(server: ServerSpec): Promise<BootSystem> {
    if (server.rescue !== undefined) {
      return makeRescue(this.settings, server.id, server.rescue, this.lower);
    }
    await removeRescue(this.settings, server.id);
    const { root, docker } = machineFolders(this.settings, server.id);
    return { root, hostname: server.name, binds: [[docker, "/var/lib/docker"]] };
  }

  async powerOff(serverId: number): Promise<void> {
    this.#stopping.add(serverId);
    await this.#cut(serverId);
    await this.#watches.get(serverId);
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
    const { root, base } = machineFolders(this.settings, serverId);
    await unmount(root);
    await rm(base, { recursive: true, force: true });
    this.#stopping.delete(serverId);
  }

  async createVolume(volume: VolumeSpec): Promise<void> {
    await createVolumeFile(this.settings, volume);
  }

  async resizeVolume(volume: VolumeSpec): Promise<void> {
    await resizeVolumeFile(this.settings, volume);
  }

  async removeVolume(volumeId: number): Promise<void> {
    await removeVolumeFile(this.settings, volumeId);
  }

  async attachVolume(volume: VolumeSpec, server: ServerSpec, automount: boolean): Promise<void> {
    await recordAttachment(this.settings, volume, server.id, automount);
    const command = await attachCommand(this.settings, volume.id);
    await runInGuest(this.settings, server.id, command);
  }

  async detachVolume(volume: VolumeSpec): Promise<void> {
    const record = await readVolumeRecord(this.settings, volume.id);
    const command = await detachCommand(this.settings, volume.id);
    if (record !== undefined && command !== undefined)
      await runInGuest(this.settings, record.serverId, command);
    await forgetAttachment(this.settings, volume.id);
  }

  async createSnapshot(imageId: number, server: ServerSpec): Promise<number> {
    return copySnapshot(this.settings, imageId, server.id);
  }

  async removeSnapshot(imageId: number): Promise<void> {
    await removeSnapshotFiles(this.settings, imageId);
  }

  settleStorageBox = () => this.#noStorageBoxes();
  createStorageBoxSnapshot = () => this.#noStorageBoxes();
  rollbackStorageBox = () => this.#noStorageBoxes();
  storageBoxFolders = () => this.#noStorageBoxes();

  async removeStorageBox(): Promise<void> {}

  async removeStorageBoxSnapshot(): Promise<void> {}

  async storageBoxUsage(): Promise<undefined> {}

  #noStorageBoxes(): Promise<never> {
    return Promise.reject(new Error("this machine room has no place for storage boxes yet"));
  }

  async running(): Promise<ReadonlySet<number>> {
    const ids = await this.#machineIds();
    const inits = await Promise.all(ids.map((id) => findInit(this.settings, id)));
    return new Set(ids.filter((_, index) => inits[index] !== undefined));
  }

  onExit(listener: (serverId: number, reason: ExitReason) => void): void {
    this.#listeners.push(listener);
    for (const [id, reason] of this.#unheard.splice(0)) listener(id, reason);
  }

  async requireLoadBalancer(loadBalancerId: number): Promise<void> {
    throw new Error(
      `load balancer ${loadBalancerId} carries no traffic: this host has no data path for it yet`,
    );
  }

  targetHealth(): Health {
    return "unknown";
  }

  traffic(): readonly TrafficSample[] {
    return [];
  }

  async issueCertificate(domainNames: readonly string[]): Promise<IssuedCertificate> {
    return issueCertificate(await ensureAuthority(), domainNames);
  }

  async removeEverything(): Promise<void> {
    for (const id of await this.#machineIds()) this.#stopping.add(id);
    this.close();
    await removeEverything(this.settings);
    this.#active.clear();
  }

  // A server that starts before its first reconciliation is known by its own specification.
  #knownWorld(): World {
    const listed = new Set(this.world.servers.map(({ id }) => id));
    const starting = [...this.#active].flatMap((id) => {
      const spec = this.#specs.get(id);
      return spec === undefined || listed.has(id) ? [] : [spec];
    });
    return { ...this.world, servers: [...this.world.servers, ...starting] };
  }

  /** SIGKILL of the machine's init ends everything in it at once. */
  async #cut(id: number): Promise<void> {
    const wrapper = await findWrapper(this.settings, id);
    if (wrapper === undefined) return;
    const victim = (await findInit(this.settings, id)) ?? (await findSupervisor(this.settings, id));
    signal(victim ?? wrapper.pid, "SIGKILL");
    await ended(this.settings, id, AbortSignal.timeout(20_000));
  }

  #watch(id: number): void {
    const watch = this.#follow(id)
      .catch((error: Error) => {
        if (error.name !== "AbortError") this.onProblem(`server ${id}: ${error.message}`);
      })
      .finally(() => this.#watches.delete(id));
    this.#watches.set(id, watch);
  }

  async #follow(id: number): Promise<void> {
    const code = await ended(this.settings, id, this.#closed.signal);
    if (this.#stopping.has(id) || this.#closed.signal.aborted) return;
    await this.#stopped(id);
    const reason = reasonOf(code);
    // As it is before the listeners forget a rescue system that this boot uses up.
    const server = this.#specs.get(id);
    for (const listener of this.#listeners) listener(id, reason);
    if (reason === "reboot" && server !== undefined) void this.#bootAgain(server);
  }

  async #bootAgain(server: ServerSpec): Promise<void> {
    await this.start(server).catch((error: Error) =>
      this.onProblem(`reboot of ${server.name}: ${error.message}`),
    );
  }

  async #stopped(id: number): Promise<void> {
    this.#active.delete(id);
    await this.#network.resetMachine(id);
    await removeCgroups(this.settings, id);
    await removeRescue(this.settings, id);
    await rm(machineFolders(this.settings, id).exit, { force: true });
  }

  async #machineIds(): Promise<number[]> {
    const names = await readdir(this.settings.paths.machines).catch(() => []);
    return names.filter((name) => /^\d+$/.test(name)).map(Number);
  }
}

function reasonOf(code: number | undefined): ExitReason {
  if (code === rebootCode) return "reboot";
  return code === 0 ? "poweroff" : "killed";
}
