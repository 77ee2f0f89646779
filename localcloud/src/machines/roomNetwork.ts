import { emptyWorld, type ServerSpec, type World } from "../host/contract";
import { NetworkApplier } from "../network/apply";
import { NetworkCoordinator } from "../network/coordinator";
import { DhcpServers } from "../network/dhcpServers";
import { setPoisonedRoute } from "../network/metadataRoute";
import { planNetwork } from "../network/plan";
import type { LocalCloudSettings } from "../settings/cloud";
import { guestsOf } from "./hotPlug";

export interface RoomNetworkOptions {
  /** Whether the host's kernel speaks IPv6. */
  readonly ipv6: boolean;
  readonly uplinkMtu: number;
  readonly onProblem: (problem: string) => void;
  /** As a machine that is on was booted. */
  readonly specOf: (serverId: number) => ServerSpec | undefined;
  /** Storage boxes that run, which are in the network as machines are. */
  readonly storageBoxes: () => World["storageBoxes"];
}

/** The host's network, as the world and the machines that are on want it. */
export class RoomNetwork {
  world: World = emptyWorld;
  readonly #on = new Set<number>();
  readonly #poisoned = new Set<number>();
  readonly #dhcp: DhcpServers;
  readonly #coordinator: NetworkCoordinator;
  readonly #listeners: (() => Promise<void>)[] = [];

  constructor(
    private readonly settings: LocalCloudSettings,
    private readonly options: RoomNetworkOptions,
  ) {
    const { ipv6, uplinkMtu, onProblem } = options;
    const plan = () => {
      const [world, active, poisoned] = [this.#knownWorld(), this.#on, this.#poisoned];
      return planNetwork({ world, active, poisoned, settings, ipv6, uplinkMtu });
    };
    this.#dhcp = new DhcpServers(settings, onProblem);
    const applier = new NetworkApplier(settings, ipv6, guestsOf(settings, onProblem));
    this.#coordinator = new NetworkCoordinator(applier, this.#dhcp, plan);
  }

  async apply(): Promise<void> {
    await this.#coordinator.apply().done;
    await this.#applied();
  }

  /** Called each time that the network was brought to the world, before anyone is told so. */
  onApplied(listener: () => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** A machine that runs already. */
  adopt(serverId: number): void {
    this.#on.add(serverId);
  }

  /**
   * Makes the machine's namespace anew with its links.
   *
   * @returns once these are there; `complete` resolves a moment later, when its routers know it
   */
  async switchOn(server: ServerSpec): Promise<{ readonly complete: Promise<void> }> {
    await this.#coordinator.resetMachine(server.id);
    this.#on.add(server.id);
    const run = this.#coordinator.apply();
    const complete = run.done.then(() => this.#applied());
    // Who waits for it may end before.
    complete.catch(() => {});
    await run.linked;
    if (this.#poisoned.has(server.id)) {
      await complete;
      await setPoisonedRoute(this.settings, this.world, server, true);
    }
    return { complete };
  }

  /** The next run takes its links away. */
  forget(serverId: number): void {
    this.#on.delete(serverId);
  }

  /** Takes the links of a machine away at once, as its power cut does. */
  async switchOff(serverId: number): Promise<void> {
    this.#on.delete(serverId);
    await this.#coordinator.resetMachine(serverId);
  }

  /** A server that is gone. */
  remove(serverId: number): void {
    this.#poisoned.delete(serverId);
  }

  removeAll(): void {
    this.#on.clear();
  }

  /**
   * Fault hook of HC-U4: the private lease of a server leads the metadata address over its private network, now and
   * at each renewal. Idempotent; forgotten when the daemon ends, except that the route stays until it is taken back.
   */
  async poison(serverId: number, poisoned: boolean): Promise<void> {
    if (poisoned) this.#poisoned.add(serverId);
    else this.#poisoned.delete(serverId);
    await this.apply();
    const server = this.world.servers.find(({ id }) => id === serverId);
    if (server !== undefined) await setPoisonedRoute(this.settings, this.world, server, poisoned);
  }

  /** Stops watching; DHCP servers go on. */
  close(): void {
    this.#dhcp.close();
  }

  async #applied(): Promise<void> {
    for (const listener of this.#listeners) await listener();
  }

  /** A server that starts before its first reconciliation is known by its own specification. */
  #knownWorld(): World {
    const listed = new Set(this.world.servers.map(({ id }) => id));
    const starting = [...this.#on].flatMap((id) => {
      const spec = this.options.specOf(id);
      return spec === undefined || listed.has(id) ? [] : [spec];
    });
    return {
      ...this.world,
      servers: [...this.world.servers, ...starting],
      storageBoxes: this.options.storageBoxes(),
    };
  }
}
