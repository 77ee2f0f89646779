// Takes the snapshots that plans ask for, and lets go of the oldest above a plan's maximum.
import type { ActionRunner } from "../../actions/runner";
import type { Settings } from "../../settings/api";
import type { Action, StorageBox } from "../../state/rows";
import type { Store } from "../../state/store";
import { ref } from "../calls/call";
import { isLocked } from "../calls/locks";
import { lastMoment, prefixOf } from "./planTimes";
import { childrenOf } from "./shared";
import { createSnapshot, deleteSnapshot, newSnapshot, snapshotResources } from "./snapshots";

/** Plans name minutes; looking more often makes a snapshot at most this late, in milliseconds. */
const interval = 5000;

export interface SnapshotScheduler {
  start(): void;
  stop(): void;
  /** Begins what is due by the settings' clock. A moment that passed while nothing ran is made up for once. */
  takeDue(): void;
}

export function createSnapshotScheduler(options: {
  readonly store: Store;
  readonly runner: ActionRunner;
  readonly settings: Settings;
}): SnapshotScheduler {
  const { store, runner, settings } = options;
  let timer: NodeJS.Timeout | undefined;

  const takeDue = () => {
    const now = settings.clock();
    const begun = store.transaction(() =>
      store.list("storage_box").flatMap((box) => takeOf(store, runner, box, now)),
    );
    runner.launch(begun);
  };

  return {
    takeDue,
    start() {
      timer = setInterval(() => {
        try {
          takeDue();
        } catch (error) {
          settings.onProblem(`snapshot plans: ${String(error)}`);
        }
      }, interval);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

function takeOf(store: Store, runner: ActionRunner, box: StorageBox, now: Date): Action[] {
  const { snapshotPlan: plan, planCheckedUntil } = box;
  if (plan === null || planCheckedUntil === null) return [];
  const due = lastMoment(plan, now);
  if (due <= new Date(planCheckedUntil)) return [];
  // Another look comes soon.
  if (isLocked(store, ref("storage_box", box.id))) return [];
  store.put("storage_box", { ...box, planCheckedUntil: due.toISOString() });
  const row = newSnapshot(store, box, { at: now, prefix: prefixOf(plan) });
  const args = { box: box.id, snapshot: row.id };
  const action = runner.begin(box.project, createSnapshot, args, { resources: snapshotResources(args) });
  const automatic = childrenOf(store, "storage_box_snapshot", box.id).filter(
    ({ isAutomatic }) => isAutomatic,
  );
  const excess = automatic.slice(0, Math.max(0, automatic.length + 1 - plan.max_snapshots));
  const deletions = excess.map(({ id }) => {
    const old = { box: box.id, snapshot: id };
    // Only when the new one is there.
    return runner.begin(box.project, deleteSnapshot, old, {
      resources: snapshotResources(old),
      after: action.id,
    });
  });
  return [action, ...deletions];
}
