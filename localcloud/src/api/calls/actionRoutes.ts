// Actions as clients read them: the global ones, and the history of each resource (HC-A1).
import type { Action, Kind, OwnedKind } from "../../state/rows";
import { type Call, created, idByPath, ok, ownedByPath, type Reply, type Route, readId } from "./call";
import { invalidInput, notFound } from "./errors";
import { listReply, type SortFields } from "./lists";

const sortFields: SortFields<Action> = {
  id: (action) => action.id,
  command: (action) => action.command,
  status: (action) => action.status,
  started: (action) => action.started,
  finished: (action) => action.finished ?? "",
};

const actionFilters = {
  id: (action: Action, value: string) => action.id === readId(value),
  status: (action: Action, value: string) => action.status === value,
};

const allowedValues = { status: ["running", "success", "error"] };

export function renderAction({ project: _project, plan: _plan, ...action }: Action) {
  return action;
}

export const actionReply = (action: Action): Reply => created({ action: renderAction(action) });
export const actionsReply = (actions: readonly Action[]): Reply =>
  created({ actions: actions.map(renderAction) });

function projectActions(call: Call): readonly Action[] {
  return call.store.list("action").filter((action) => action.project === call.project);
}

function oneAction(call: Call, parameter: "id" | "action_id", belongs: (action: Action) => boolean): Reply {
  const id = readId(call.params[parameter], parameter);
  const action = call.store.get("action", id);
  if (action === undefined || action.project !== call.project || !belongs(action))
    throw notFound("action", id);
  return ok({ action: renderAction(action) });
}

function actionList(call: Call, rows: readonly Action[]): Reply {
  return listReply(call, {
    key: "actions",
    rows,
    render: renderAction,
    sort: sortFields,
    filters: actionFilters,
    allowed: allowedValues,
  });
}

export const globalActionRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/actions",
    repeatable: true,
    handle: (call) => {
      // Listing all actions was removed on 2025-01-30.
      if (call.query.id === undefined) throw invalidInput("id", "Missing data for required field.");
      return actionList(call, projectActions(call));
    },
  },
  {
    method: "GET",
    path: "/actions/:id",
    repeatable: true,
    handle: (call) => oneAction(call, "id", () => true),
  },
];

/** `/<r>/actions`, `/<r>/actions/{id}`, `/<r>/{id}/actions` and the deprecated `/<r>/{id}/actions/{action_id}`. */
export function actionRoutes(path: string, kind: OwnedKind): readonly Route[] {
  const isOf = (kindOfResource: Kind, id?: number) => (action: Action) =>
    action.resources.some(
      (resource) => resource.type === kindOfResource && (id === undefined || resource.id === id),
    );
  return [
    {
      method: "GET",
      path: `${path}/actions`,
      repeatable: true,
      handle: (call) => actionList(call, projectActions(call).filter(isOf(kind))),
    },
    {
      method: "GET",
      path: `${path}/actions/:id`,
      repeatable: true,
      handle: (call) => oneAction(call, "id", isOf(kind)),
    },
    {
      method: "GET",
      path: `${path}/:id/actions`,
      repeatable: true,
      handle: (call) => actionList(call, projectActions(call).filter(isOf(kind, ownedByPath(call, kind).id))),
    },
    {
      method: "GET",
      path: `${path}/:id/actions/:action_id`,
      repeatable: true,
      handle: (call) => oneAction(call, "action_id", isOf(kind, idByPath(call, kind))),
    },
  ];
}
