// A machine room of which only the memory exists: it records what it was asked, keeps the facts that a real one
// would keep, and can be told to fail or to wait.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Health, Host, ServerSpec, TrafficSample, VolumeSpec, World } from "../../src/host/contract";
import type { BoxUsage, StorageBoxSpec } from "../../src/host/storageBoxes";
import { issueCertificate, type KeyPair, makeAuthority } from "../../src/machines/authority";
import type { Point } from "../../src/metrics/history";

export interface HostCall {
  readonly method: keyof Host;
  readonly id: number | null;
}

type TransferListener = Parameters<Host["onZoneTransfer"]>[0];
type ExitListener = Parameters<Host["onExit"]>[0];

let authority: Promise<KeyPair> | undefined;

/** An authority of this test run, made when the first certificate is wanted. */
function ownAuthority(): Promise<KeyPair> {
  if (authority === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "localcloud-authority-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    authority = makeAuthority(join(folder, "authority"));
  }
  return authority;
}

export class MemoryHost implements Host {
  readonly calls: HostCall[] = [];
  readonly machines = new Set<number>();
  readonly alive = new Map<number, ServerSpec>();
  readonly volumes = new Map<number, VolumeSpec>();
  readonly snapshots = new Set<number>();
  readonly storageBoxes = new Map<number, StorageBoxSpec>();
  /** Names of the snapshots of each box. */
  readonly boxSnapshots = new Map<number, Set<string>>();
  readonly boxUsage = new Map<number, BoxUsage>();
  /** Folders of every box by their path. */
  readonly boxFolders = new Map<string, readonly string[]>([["", []]]);
  /** What machines used. */
  readonly points = new Map<number, readonly Point[]>();
  /** Hashes that were set in running machines. */
  readonly rootPasswords = new Map<number, string>();
  /** By load balancer, listen port and address: `1/80/10.0.0.2`. */
  readonly health = new Map<string, Health>();
  readonly samples = new Map<number, TrafficSample[]>();
  world: World | null = null;
  /** What the name servers answer. */
  names: Pick<World, "zones" | "pointers"> = { zones: [], pointers: {} };
  /** Rejects with this message when it answers one. */
  failure: (call: HostCall) => string | null = () => null;
  /** Awaited before each method does anything. */
  gate: (call: HostCall) => Promise<void> = async () => undefined;
  private readonly listeners: ExitListener[] = [];
  private readonly transferListeners: TransferListener[] = [];

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
  async reconcileNames(world: World) {
    await this.enter("reconcileNames", null);
    this.names = { zones: world.zones, pointers: world.pointers };
  }
  onZoneTransfer(listener: TransferListener) {
    this.transferListeners.push(listener);
  }
  /** The transfer of a secondary zone went so. */
  transferred(...[zone, transfer]: Parameters<TransferListener>) {
    for (const listener of this.transferListeners) listener(zone, transfer);
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
  async setRootPassword(id: number, hash: string) {
    await this.enter("setRootPassword", id);
    if (!this.alive.has(id)) throw new Error(`machine ${id} does not run`);
    this.rootPasswords.set(id, hash);
  }
  async usage(id: number, since: number) {
    await this.enter("usage", id);
    return (this.points.get(id) ?? []).filter(({ time }) => time >= since);
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
  async settleStorageBox(box: StorageBoxSpec) {
    await this.enter("settleStorageBox", box.id);
    this.storageBoxes.set(box.id, box);
  }
  async removeStorageBox(id: number) {
    await this.enter("removeStorageBox", id);
    this.storageBoxes.delete(id);
    this.boxSnapshots.delete(id);
  }
  async createStorageBoxSnapshot(id: number, snapshot: string) {
    await this.enter("createStorageBoxSnapshot", id);
    this.boxSnapshots.set(id, new Set([...(this.boxSnapshots.get(id) ?? []), snapshot]));
  }
  async removeStorageBoxSnapshot(id: number, snapshot: string) {
    await this.enter("removeStorageBoxSnapshot", id);
    this.boxSnapshots.get(id)?.delete(snapshot);
  }
  async rollbackStorageBox(box: StorageBoxSpec, snapshot: string) {
    await this.enter("rollbackStorageBox", box.id);
    if (!this.boxSnapshots.get(box.id)?.has(snapshot)) throw new Error(`no snapshot ${snapshot}`);
  }
  async storageBoxUsage(id: number) {
    return this.boxUsage.get(id);
  }
  async storageBoxFolders(_id: number, path: readonly string[]) {
    return this.boxFolders.get(path.join("/"));
  }
  async requireLoadBalancer(id: number) {
    await this.enter("requireLoadBalancer", id);
    if (!this.world?.loadBalancers.some((balancer) => balancer.id === id)) {
      throw new Error(`load balancer ${id} is not in the world`);
    }
  }
  targetHealth(id: number, listenPort: number, address: string) {
    return this.health.get(`${id}/${listenPort}/${address}`) ?? "unknown";
  }
  traffic(id: number) {
    return this.samples.get(id) ?? [];
  }
  async issueCertificate(domainNames: readonly string[]) {
    await this.enter("issueCertificate", null);
    return issueCertificate(await ownAuthority(), domainNames);
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
