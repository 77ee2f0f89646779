// What the cloud does by itself, without a request: it goes on where the last process ended, follows its machines
// and keeps to its clock.
import type { ActionRunner } from "../actions/runner";
import type { Host } from "../host/contract";
import type { Settings } from "../settings/api";
import type { Store } from "../state/store";
import { type Clock, createClock } from "./clock";
import { watchMachines } from "./machineExits";
import { createSnapshotScheduler } from "./storageBoxes/scheduler";
import { watchTransfers } from "./zones/transfers";

export interface BackgroundOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
}

export interface Background {
  /** What happens by the time of day. */
  readonly clock: Clock;
  /** Begins the snapshots of storage boxes whose plan is due; by itself too. */
  takeDueSnapshots(): void;
  stop(): void;
}

/** Brings the network to the stored state, boots machines that should run, goes on with actions that were running. */
export function beginBackground(options: BackgroundOptions): Background {
  const { store, host, settings, runner } = options;
  const snapshots = createSnapshotScheduler({ store, runner, settings });
  const clock = createClock(options);
  watchMachines(store, host);
  watchTransfers(store, host);
  // Before machines are booted again: what expired meanwhile is not booted.
  clock.tick();
  clock.start();
  runner.resume().catch((error) => settings.onProblem(`start: ${String(error)}`));
  snapshots.start();
  return {
    clock,
    takeDueSnapshots: snapshots.takeDue,
    stop() {
      snapshots.stop();
      clock.stop();
    },
  };
}
