// Runs actions: host steps, network, minimum duration, then effect and success in one transaction. What was
// running when the process died is run again from its stored plan (every host method is idempotent).

import type { Host, World } from "../host/contract";
import type { Action, Plan } from "../state/rows";
import type { Store } from "../state/store";
import { createReconciler, runStep } from "./hostSteps";
import { startMissing } from "./restore";
import { finish, newAction, projectOf, prune, setProgress } from "./rows";
import { pause, previous, remaining } from "./waits";
import {
  ActionFailure,
  type AnyWork,
  type BeginOptions,
  type Outcome,
  runningActions,
  type Work,
} from "./work";

/** Faults that actions meet. */
export interface ActionFaults {
  /** Whether an action of this command may meet a fault, and so cannot end within its request. */
  concernsAction(command: string, project: string): boolean;
  /**
   * Waits while an action is stuck.
   *
   * @param stopping ends the wait
   * @throws ActionFailure when it is to fail
   */
  meetAction(action: Action, project: string, stopping: AbortSignal): Promise<void>;
}

export interface ActionRunnerOptions {
  readonly store: Store;
  readonly host: Host;
  /** Called once, before the first action runs. */
  readonly works: () => Promise<readonly AnyWork[]>;
  readonly worldOf: (store: Store) => World;
  /** Least time in milliseconds that an action of this command takes. */
  readonly minimumMs: (command: string) => number;
  readonly faults: ActionFaults;
  /** Told about failures that no action carries. */
  readonly onProblem: (problem: string) => void;
}

export interface ActionRunner {
  /** Stores a new action inside the caller's transaction. It runs after `launch`. */
  begin<A extends object>(project: number, work: Work<A>, args: A, options: BeginOptions): Action;
  /** Starts what was begun; called after the transaction of the request is committed. */
  launch(actions: readonly Action[]): void;
  /** Brings the network to the committed state, in the background. */
  networkChanged(): void;
  /** After a start: network as stored, machines that should run, then the actions that were running. */
  resume(): Promise<void>;
  /** Resolves when no action runs. For tests and for a clean stop. */
  idle(): Promise<void>;
  /** No further step is begun and nothing more is written; running actions go on after the next start. */
  stop(): void;
}

/** Owner of hidden actions: no token belongs to it. */
const NO_PROJECT = 0;

export function createActionRunner(options: ActionRunnerOptions): ActionRunner {
  const { store, host, faults, onProblem } = options;
  let works: ReadonlyMap<string, Work<object>> = new Map();
  /** Actions whose effect the host is being brought to, with what their steps found out so far. */
  const armed = new Map<number, Armed>();
  const running = new Map<number, Promise<boolean>>();
  let stopped = false;
  const stopping = new AbortController();
  /** Settled with the machines that should run. Nothing runs before `resume`. */
  let start: (machines: Promise<void>) => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });

  const workOf = (plan: Plan): Work<object> => {
    const work = works.get(plan.work);
    if (work === undefined) throw new ActionFailure("action_failed", `no work is called ${plan.work}`);
    return work;
  };
  const worlds = {
    before: () => options.worldOf(store),
    after: () =>
      store.preview(() => {
        for (const one of [...armed.values()].sort((a, b) => a.action.id - b.action.id))
          previewEffect(store, one, workOf);
        return options.worldOf(store);
      }),
  };
  const reconciler = createReconciler((world) => host.reconcileNetwork(world), worlds.after);
  const names = createReconciler((world) => host.reconcileNames(world), worlds.after);

  const doSteps = async (action: Action): Promise<Outcome> => {
    const work = workOf(action.plan);
    // Fails here, before anything is done on the host, when the state no longer allows the effect.
    store.preview(() => work.effect(store, action.plan.args, {}));
    let outcome: Outcome = {};
    const learn = (more: Outcome) => {
      outcome = { ...outcome, ...more };
      armed.set(action.id, { action, outcome });
    };
    learn({});
    const beside = work.network && work.networkAtOnce ? reconciler.settle() : undefined;
    // The steps may fail before it is waited for.
    beside?.catch(() => {});
    const steps = work.steps(store, action.plan.args);
    for (const [index, step] of steps.entries()) {
      if (stopped) return outcome;
      learn(await runStep(host, step, worlds));
      if (!stopped) setProgress(store, action.id, Math.floor((95 * (index + 1)) / steps.length));
    }
    if (work.network && !stopped) await (beside ?? reconciler.settle());
    if (work.names && !stopped) await names.settle();
    for (const step of work.finalSteps(store, action.plan.args)) {
      if (!stopped) learn(await runStep(host, step, worlds));
    }
    return outcome;
  };

  const succeed = (action: Action, outcome: Outcome) => {
    store.transaction(() => {
      workOf(action.plan).effect(store, action.plan.args, outcome);
      finish(store, action.id, { status: "success", progress: 100 });
    });
  };

  const perform = async (action: Action): Promise<boolean> => {
    try {
      await started;
      await previous(store, running, action.plan.after);
      const ready = pause(remaining(action), stopping.signal);
      const project = projectOf(store, action.project);
      if (project !== undefined) await faults.meetAction(action, project, stopping.signal);
      if (stopped) return false;
      const outcome = await doSteps(action);
      await ready;
      if (stopped) return false;
      succeed(action, outcome);
      if (workOf(action.plan).network) namesFollow();
      return true;
    } catch (error) {
      if (stopped) return false;
      const failure = asFailure(error);
      store.transaction(() => {
        works.get(action.plan.work)?.failed(store, action.plan.args, failure);
        finish(store, action.id, { status: "error", error: failure });
      });
      armed.delete(action.id);
      const { network, names: named } = workOf(action.plan);
      if (network) reconciler.settle().catch((cause) => onProblem(String(cause)));
      if (named) names.settle().catch((cause) => onProblem(String(cause)));
      return false;
    } finally {
      armed.delete(action.id);
      running.delete(action.id);
    }
  };

  /** Addresses come and go with the network, and their names with them; nobody waits for that. */
  const namesFollow = () => {
    names.settle().catch((error) => onProblem(`names: ${String(error)}`));
  };

  const launchOne = (action: Action) => {
    if (action.status === "running" && !running.has(action.id)) {
      running.set(
        action.id,
        perform(action).catch((error) => {
          onProblem(`action ${action.id} (${action.command}): ${String(error)}`);
          return false;
        }),
      );
    }
  };

  const loadWorks = async () => {
    works = new Map((await options.works()).map((work) => [work.name, work as Work<object>]));
  };

  const restoreMachines = async () => {
    try {
      await reconciler.settle();
    } catch (error) {
      onProblem(`the network could not be brought to the stored state: ${String(error)}`);
    }
    // They begin with the stored state, so no machine waits for them.
    namesFollow();
    await startMissing(store, host, worlds, onProblem);
  };

  return {
    begin(owner, work, args, { resources, after = null, hidden = false }) {
      const project = hidden ? NO_PROJECT : owner;
      const minimumMs = options.minimumMs(work.command);
      const plan: Plan = { work: work.name, args: { ...args }, after, minimumMs };
      const action = newAction(store, project, work.command, resources, plan);
      const instant =
        after === null &&
        minimumMs === 0 &&
        !work.network &&
        !work.names &&
        work.steps(store, args).length === 0 &&
        !faults.concernsAction(work.command, projectOf(store, project) ?? "");
      if (instant) {
        work.effect(store, args, {});
        return finish(store, action.id, { status: "success", progress: 100 });
      }
      return action;
    },
    launch: (actions) => actions.forEach(launchOne),
    networkChanged: () => {
      if (stopped) return;
      reconciler.settle().catch((error) => onProblem(`network: ${String(error)}`));
      namesFollow();
    },
    resume() {
      prune(store);
      start(loadWorks().then(restoreMachines));
      for (const action of runningActions(store)) launchOne(action);
      return started;
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },
    stop() {
      stopped = true;
      stopping.abort();
    },
  };
}

interface Armed {
  readonly action: Action;
  readonly outcome: Outcome;
}

function previewEffect(store: Store, { action, outcome }: Armed, workOf: (plan: Plan) => Work<object>) {
  try {
    workOf(action.plan).effect(store, action.plan.args, outcome);
  } catch {
    // Its own transaction reports it; here the world is simply the one without this effect.
  }
}

function asFailure(error: unknown): { code: string; message: string } {
  if (error instanceof ActionFailure) return { code: error.code, message: error.message };
  return { code: "action_failed", message: error instanceof Error ? error.message : String(error) };
}
