import type { NetworkApplier } from "./apply";
import type { DhcpServers } from "./dhcpServers";
import type { NetworkPlan } from "./planTypes";

/** One run that brings the network to its plan. */
export interface NetworkRun {
  /** Namespaces and links are there; what a router does not know yet, it drops. */
  readonly linked: Promise<void>;
  /** Everything is there. */
  readonly done: Promise<void>;
}

/** Lets changes of the network happen one after the other, and many requests for the same become one. */
export class NetworkCoordinator {
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: NetworkRun | undefined;

  /** @param plan read when a run begins, so that it sees everything that was asked for until then */
  constructor(
    private readonly network: NetworkApplier,
    private readonly dhcp: DhcpServers,
    private readonly plan: () => NetworkPlan,
  ) {}

  /** A run that begins after this call. */
  apply(): NetworkRun {
    if (this.#waiting !== undefined) return this.#waiting;
    let isLinked = () => {};
    const stage = new Promise<void>((resolve) => {
      isLinked = resolve;
    });
    const done = this.#alone(async () => {
      this.#waiting = undefined;
      const plan = this.plan();
      await this.network.apply(plan, { linked: isLinked, serve: () => this.dhcp.reconcile(plan.routers) });
    });
    // A run that fails before that tells so here too.
    const linked = Promise.race([stage, done]);
    linked.catch(() => {});
    this.#waiting = { linked, done };
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
