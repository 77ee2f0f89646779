// A machine room of which only the memory exists: it records what it was asked, keeps the facts that a real one
// would keep, and can be told to fail or to wait.
import type { Host, ServerSpec, VolumeSpec, World } from "../../../localcloud/host";

export interface HostCall {
  readonly method: keyof Host;
  readonly id: number | null;
}

type ExitListener = Parameters<Host["onExit"]>[0];

export class MemoryHost implements Host {
  readonly calls: HostCall[] = [];
  readonly machines = new Set<number>();
  readonly alive = new Map<number, ServerSpec>();
  readonly volumes = new Map<number, VolumeSpec>();
  readonly snapshots = new Set<number>();
  world: World | null = null;
  /** Rejects with this message when it answers one. */
  failure: (call: HostCall) => string | null = () => null;
  /** Awaited before each method does anything. */
  gate: (call: HostCall) => Promise<void> = async () => undefined;
  private readonly listeners: ExitListener[] = [];

  private async enter(method: keyof Host, id: number | null) {
    const call = { method, id };
    this.calls.push(call);
    await this.gate(call);
    const message = this.failure(call);
    if (message !== null) throw new Error(message);
  }

  count(method: keyof Host) {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** The machine ends by itself. */
  exit(id: number, reason: Parameters<ExitListener>[1]) {
    if (reason !== "reboot") this.alive.delete(id);
    for (const listener of this.listeners) listener(id, reason);
  }

  async reconcileNetwork(world: World) {
    await this.enter("reconcileNetwork", null);
    this.world = world;
  }
  async createServer(server: ServerSpec) {
    await this.enter("createServer", server.id);
    this.machines.add(server.id);
  }
  async rebuildServer(server: ServerSpec) {
    await this.enter("rebuildServer", server.id);
    this.machines.add(server.id);
  }
  async start(server: ServerSpec) {
    await this.enter("start", server.id);
    if (!this.machines.has(server.id)) throw new Error(`machine ${server.id} was never created`);
    this.alive.set(server.id, server);
  }
  async powerOff(id: number) {
    await this.enter("powerOff", id);
    this.alive.delete(id);
  }
  async requestShutdown(id: number) {
    await this.enter("requestShutdown", id);
    queueMicrotask(() => this.exit(id, "poweroff"));
  }
  async requestReboot(id: number) {
    await this.enter("requestReboot", id);
    queueMicrotask(() => this.exit(id, "reboot"));
  }
  async removeServer(id: number) {
    await this.enter("removeServer", id);
    this.alive.delete(id);
    this.machines.delete(id);
  }
  async createVolume(volume: VolumeSpec) {
    await this.enter("createVolume", volume.id);
    this.volumes.set(volume.id, volume);
  }
  async resizeVolume(volume: VolumeSpec) {
    await this.enter("resizeVolume", volume.id);
    this.volumes.set(volume.id, volume);
  }
  async removeVolume(id: number) {
    await this.enter("removeVolume", id);
    this.volumes.delete(id);
  }
  async attachVolume(volume: VolumeSpec, server: ServerSpec) {
    await this.enter("attachVolume", volume.id);
    this.volumes.set(volume.id, { ...volume, serverId: server.id });
  }
  async detachVolume(volume: VolumeSpec) {
    await this.enter("detachVolume", volume.id);
    this.volumes.set(volume.id, { ...volume, serverId: null });
  }
  async createSnapshot(imageId: number) {
    await this.enter("createSnapshot", imageId);
    this.snapshots.add(imageId);
    return 3 * 2 ** 30;
  }
  async removeSnapshot(imageId: number) {
    await this.enter("removeSnapshot", imageId);
    this.snapshots.delete(imageId);
  }
  async running() {
    await this.enter("running", null);
    return new Set(this.alive.keys());
  }
  onExit(listener: ExitListener) {
    this.listeners.push(listener);
  }
  async removeEverything() {
    await this.enter("removeEverything", null);
  }
}
