// Actions as rows: begun, moved on, finished and forgotten.
import type { Action, Plan } from "../state/rows";
import type { Store } from "../state/store";
import { runningActions } from "./work";

/** How many finished actions are kept; clients poll an action minutes after its end, not days (HC-A2). */
const keptActions = 20_000;

export function newAction(
  store: Store,
  project: number,
  command: string,
  resources: Action["resources"],
  plan: Plan,
): Action {
  const action: Action = {
    id: store.nextId(),
    project,
    command,
    status: "running",
    progress: 0,
    started: new Date().toISOString(),
    finished: null,
    resources,
    error: null,
    plan,
  };
  store.put("action", action);
  return action;
}

export function finish(store: Store, id: number, end: Partial<Action>): Action {
  const action = store.get("action", id);
  if (action === undefined) throw new Error(`action ${id} is gone`);
  const finished: Action = { ...action, ...end, finished: new Date().toISOString() };
  store.put("action", finished);
  return finished;
}

/** Name of a project; undefined for that of hidden actions. */
export const projectOf = (store: Store, id: number) => store.get("project", id)?.name;

export function setProgress(store: Store, id: number, progress: number) {
  const action = store.get("action", id);
  if (action !== undefined) store.transaction(() => store.put("action", { ...action, progress }));
}

export function prune(store: Store) {
  const finished = store.list("action").filter((action) => action.status !== "running");
  const excess = finished.slice(0, Math.max(0, finished.length - keptActions));
  if (excess.length > 0) {
    store.transaction(() => {
      for (const action of excess) store.remove("action", action.id);
    });
  }
}

/** Servers that an action is about to stop or remove: booting them once more would be wasted. */
export function serversThatEnd(store: Store): ReadonlySet<number> {
  const ending = new Set(["delete_server", "stop_server", "rebuild_server"]);
  return new Set(
    runningActions(store)
      .filter((action) => ending.has(action.command))
      .flatMap((action) => action.resources.filter(({ type }) => type === "server").map(({ id }) => id)),
  );
}
