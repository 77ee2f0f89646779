// Runs actions: host steps, network, minimum duration, then effect and success in one transaction. What was
// running when the process died is run again from its stored plan (every host method is idempotent).
import type { Action, Plan } from "../state/rows";
import { type Armed, ArmedActions } from "./armed";
import { createReconciler, type Reconciler, runStep } from "./hostSteps";
import { startMissing } from "./restore";
import { finish, newAction, projectOf, prune, setProgress } from "./rows";
import type { ActionRunnerOptions } from "./runnerOptions";
import { pause, previous, remaining } from "./waits";
import {
  ActionFailure,
  type BeginOptions,
  type Failure,
  type HostStep,
  type Outcome,
  runningActions,
  type Work,
} from "./work";

/** Owner of hidden actions: no token belongs to it. */
const noProject = 0;

/** Runs actions. Nothing runs before `resume`. */
export class ActionRunner {
  #works: ReadonlyMap<string, Work<object>> = new Map();
  readonly #armed: ArmedActions;
  readonly #running = new Map<number, Promise<boolean>>();
  /** What of the host is brought to the state without an action that waits for it. */
  readonly #following = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Settled with the machines that should run. */
  #start: (machines: Promise<void>) => void = () => undefined;
  readonly #started = new Promise<void>((resolve) => {
    this.#start = resolve;
  });
  readonly #network: Reconciler;
  readonly #names: Reconciler;

  constructor(private readonly options: ActionRunnerOptions) {
    const { store, host, worldOf } = options;
    this.#armed = new ArmedActions({ store, worldOf, workOf: (plan) => this.#workOf(plan) });
    const after = () => this.#armed.after();
    this.#network = createReconciler((world) => host.reconcileNetwork(world), after);
    this.#names = createReconciler((world) => host.reconcileNames(world), after);
  }

  /** Stores a new action inside the caller's transaction. It runs after `launch`. */
  begin<A extends object>(owner: number, work: Work<A>, args: A, options: BeginOptions): Action {
    const { store } = this.options;
    const { resources, after = null, hidden = false } = options;
    const project = hidden ? noProject : owner;
    const minimumMs = this.options.minimumMs(work.command);
    const plan: Plan = { work: work.name, args: { ...args }, after, minimumMs };
    const action = newAction(store, project, work.command, resources, plan);
    if (!this.#endsAtOnce(action, work, args)) return action;
    work.effect(store, args, {});
    return finish(store, action.id, { status: "success", progress: 100 });
  }

  /** Starts what was begun; called after the transaction of the request is committed. */
  launch(actions: readonly Action[]): void {
    for (const action of actions) this.#launchOne(action);
  }

  /** Brings the network to the committed state, in the background. */
  networkChanged(): void {
    if (this.#stopped) return;
    this.#settle(this.#network, "network: ");
    this.#namesFollow();
  }

  /** After a start: network as stored, machines that should run, then the actions that were running. */
  resume(): Promise<void> {
    const { store } = this.options;
    prune(store);
    this.#start(this.#loadWorks().then(() => this.#restoreMachines()));
    this.launch(runningActions(store));
    return this.#started;
  }

  /** Resolves when no action runs and the host follows none. For tests and for a clean stop. */
  async idle(): Promise<void> {
    while (this.#running.size + this.#following.size > 0) {
      await Promise.all([...this.#running.values(), ...this.#following]);
    }
  }

  /** No further step is begun and nothing more is written; running actions go on after the next start. */
  stop(): void {
    this.#stopping.abort();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Whether nothing has to happen for it but its effect. */
  #endsAtOnce<A extends object>({ project, plan }: Action, work: Work<A>, args: A): boolean {
    const { store, faults } = this.options;
    return (
      plan.after === null &&
      plan.minimumMs === 0 &&
      !work.network &&
      !work.names &&
      work.steps(store, args).length === 0 &&
      !faults.concernsAction(work.command, projectOf(store, project) ?? "")
    );
  }

  #launchOne(action: Action): void {
    if (action.status !== "running" || this.#running.has(action.id)) return;
    const run = this.#perform(action).catch((error) => {
      this.options.onProblem(`action ${action.id} (${action.command}): ${String(error)}`);
      return false;
    });
    this.#running.set(action.id, run);
  }

  /** @returns whether it succeeded */
  async #perform(action: Action): Promise<boolean> {
    try {
      const ready = await this.#mayBegin(action);
      if (this.#stopped) return false;
      const outcome = await this.#doSteps(action);
      await ready.inTime;
      if (this.#stopped) return false;
      this.#succeed(action, outcome);
      return true;
    } catch (error) {
      if (!this.#stopped) this.#fail(action, asFailure(error));
      return false;
    } finally {
      this.#armed.disarm(action.id);
      this.#running.delete(action.id);
    }
  }

  /** Waits for the start, for what comes before it and for faults that hold it; `inTime` is its least duration. */
  async #mayBegin(action: Action): Promise<{ readonly inTime: Promise<void> }> {
    const { store, faults } = this.options;
    await this.#started;
    await previous(store, this.#running, action.plan.after);
    const inTime = pause(remaining(action), this.#stopping.signal);
    const project = projectOf(store, action.project);
    if (project !== undefined) await faults.meetAction(action, project, this.#stopping.signal);
    return { inTime };
  }

  async #doSteps(action: Action): Promise<Outcome> {
    const { store } = this.options;
    const { args } = action.plan;
    const work = this.#workOf(action.plan);
    // Fails here, before anything is done on the host, when the state no longer allows the effect.
    store.preview(() => work.effect(store, args, {}));
    const armed = this.#armed.arm(action);
    const beside = work.network && work.networkAtOnce ? this.#network.settle() : undefined;
    // The steps may fail before it is waited for.
    beside?.catch(() => {});
    const steps = work.steps(store, args);
    for (const [index, step] of steps.entries()) {
      await this.#doStep(armed, step);
      if (!this.#stopped) setProgress(store, action.id, Math.floor((95 * (index + 1)) / steps.length));
    }
    if (work.network && !this.#stopped) await (beside ?? this.#network.settle());
    if (work.names && !this.#stopped) await this.#names.settle();
    for (const step of work.finalSteps(store, args)) await this.#doStep(armed, step);
    return armed.outcome;
  }

  async #doStep(armed: Armed, step: HostStep): Promise<void> {
    if (this.#stopped) return;
    const found = await runStep(this.options.host, step, this.#armed);
    armed.outcome = { ...armed.outcome, ...found };
  }

  #succeed({ id, plan }: Action, outcome: Outcome): void {
    const { store } = this.options;
    const work = this.#workOf(plan);
    store.transaction(() => {
      work.effect(store, plan.args, outcome);
      finish(store, id, { status: "success", progress: 100 });
    });
    if (work.network) this.#namesFollow();
  }

  /** Brings the host back to a world without the action's effect. */
  #fail({ id, plan }: Action, failure: Failure): void {
    const { store } = this.options;
    store.transaction(() => {
      this.#works.get(plan.work)?.failed(store, plan.args, failure);
      finish(store, id, { status: "error", error: failure });
    });
    this.#armed.disarm(id);
    const { network, names } = this.#workOf(plan);
    if (network) this.#settle(this.#network);
    if (names) this.#settle(this.#names);
  }

  /** Addresses come and go with the network, and their names with them; nobody waits for that. */
  #namesFollow(): void {
    this.#settle(this.#names, "names: ");
  }

  #settle(reconciler: Reconciler, what = ""): void {
    const following = reconciler
      .settle()
      .catch((error) => this.options.onProblem(`${what}${String(error)}`))
      .finally(() => this.#following.delete(following));
    this.#following.add(following);
  }

  async #restoreMachines(): Promise<void> {
    const { store, host, onProblem } = this.options;
    try {
      await this.#network.settle();
    } catch (error) {
      onProblem(`the network could not be brought to the stored state: ${String(error)}`);
    }
    // They begin with the stored state, so no machine waits for them.
    this.#namesFollow();
    await startMissing(store, host, this.#armed, onProblem);
  }

  #workOf(plan: Plan): Work<object> {
    const work = this.#works.get(plan.work);
    if (work === undefined) throw new ActionFailure("action_failed", `no work is called ${plan.work}`);
    return work;
  }

  async #loadWorks(): Promise<void> {
    this.#works = new Map((await this.options.works()).map((work) => [work.name, work as Work<object>]));
  }
}

function asFailure(error: unknown): Failure {
  if (error instanceof ActionFailure) return { code: error.code, message: error.message };
  return { code: "action_failed", message: error instanceof Error ? error.message : String(error) };
}
