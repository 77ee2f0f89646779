import type { NetworkApplier } from "./apply";
import type { DhcpServers } from "./dhcpServers";
import type { NetworkPlan } from "./plan";

/** Lets changes of the network happen one after the other, and many requests for the same become one. */
export class NetworkCoordinator {
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** @param plan read when a run begins, so that it sees everything that was asked for until then */
  constructor(
    private readonly network: NetworkApplier,
    private readonly dhcp: DhcpServers,
    private readonly plan: () => NetworkPlan,
  ) {}

  /** Resolves when a run that began after this call has ended. */
  apply(): Promise<void> {
    this.#waiting ??= this.#alone(async () => {
      this.#waiting = undefined;
      const plan = this.plan();
      await this.network.apply(plan, () => this.dhcp.reconcile(plan.routers));
    });
    return this.#waiting;
  }

  /** See {@link NetworkApplier.resetMachine}. */
  resetMachine(serverId: number): Promise<void> {
    return this.#alone(() => this.network.resetMachine(serverId));
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {});
    return run;
  }
}
