// What an action waits for before it begins and before it ends.
import { setTimeout } from "node:timers/promises";
import type { Action } from "../state/rows";
import type { Store } from "../state/store";
import { ActionFailure } from "./work";

/** Waits for the action that must succeed first. */
export async function previous(store: Store, running: Map<number, Promise<boolean>>, after: number | null) {
  if (after === null) return;
  await running.get(after);
  if (store.get("action", after)?.status === "success") return;
  throw new ActionFailure("action_failed", `the action before it (${after}) did not succeed`);
}

/** Milliseconds that the action must still take at least. */
export function remaining(action: Action): number {
  if (action.plan.minimumMs === 0) return 0;
  // A queued action's time begins when it runs; a resumed one has already waited.
  const since = action.plan.after === null ? Date.parse(action.started) : Date.now();
  return Math.max(0, since + action.plan.minimumMs - Date.now());
}

export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An aborted pause ends early; who waited asks `stopped` next.
  if (milliseconds > 0) await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
