import type { Host, World } from "../host/contract";
import type { Action } from "../state/rows";
import type { Store } from "../state/store";
import type { AnyWork } from "./work";

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
