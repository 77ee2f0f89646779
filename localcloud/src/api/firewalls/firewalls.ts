// Firewalls: create, read, update, delete. Rules and targets change through actions (firewallActions.ts).
import { z } from "zod";
import type { Action, Application, Firewall } from "../../state/rows";
import { actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  listOwned,
  noContent,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
} from "../calls/call";
import { ApiError } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { parseSelector } from "../calls/labels";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { requireFree } from "../calls/locks";
import {
  nameField,
  newRow,
  type OwnedOptions,
  readRoutes,
  rename,
  renameSchema,
  updateRoute,
} from "../calls/owned";
import { applyTargets } from "./firewallActions";
import { readRules, readTargets, renderRule, rulesField, targetsField } from "./firewallRules";

const createSchema = z.object({
  name: nameField,
  labels: labelsField.optional(),
  rules: rulesField.optional(),
  apply_to: targetsField.optional(),
});

const options: OwnedOptions<"firewall"> = {
  kind: "firewall",
  path: "/firewalls",
  render: renderFirewall,
  list: { sort: sortByIdNameCreated, filters: filterByName },
  repeatable: true,
};

export const firewallRoutes: readonly Route[] = [
  ...actionRoutes("/firewalls", "firewall"),
  ...readRoutes(options),
  { method: "POST", path: "/firewalls", handle: create },
  updateRoute(options, { schema: renameSchema, change: rename }),
  { method: "DELETE", path: "/firewalls/:id", handle: remove },
];

function renderFirewall(call: Call, firewall: Firewall) {
  return {
    id: firewall.id,
    name: firewall.name,
    labels: firewall.labels,
    created: firewall.created,
    rules: firewall.rules.map(renderRule),
    applied_to: firewall.applied.map((application) => renderApplication(call, application)),
  };
}

function renderApplication(call: Call, application: Application) {
  if (application.type === "server") return { type: "server", server: { id: application.server } };
  const selects = parseSelector(application.selector);
  return {
    type: "label_selector",
    label_selector: { selector: application.selector },
    applied_to_resources: listOwned(call, "server")
      .filter(({ labels }) => selects(labels))
      .map(({ id }) => ({ type: "server", server: { id } })),
  };
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const rules = readRules(body.rules ?? []);
  const targets = readTargets(body.apply_to ?? [], "apply_to");
  requireUniqueName(call, "firewall", body.name);
  const row: Firewall = { ...newRow(call, call.store.nextId(), body), rules, applied: [] };
  call.store.put("firewall", row);
  const actions: Action[] = applyTargets(call, row.id, targets, "server_already_added", 422);
  const stored = call.store.get("firewall", row.id) ?? row;
  return created({ firewall: renderFirewall(call, stored), actions: actions.map(renderAction) });
}

function remove(call: Call): Reply {
  const firewall = ownedByPath(call, "firewall");
  if (firewall.applied.length > 0) {
    throw new ApiError("resource_in_use", `firewall with ID ${firewall.id} is still in use`);
  }
  requireFree(call.store, ref("firewall", firewall.id));
  call.store.remove("firewall", firewall.id);
  return noContent();
}
