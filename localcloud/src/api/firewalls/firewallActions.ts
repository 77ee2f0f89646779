// Actions of firewalls: rules, and which servers they hold for.
import { z } from "zod";
import { type AnyWork, defineWork, gone } from "../../actions/work";
import type { Action, Application, Firewall, Rule } from "../../state/rows";
import type { Store } from "../../state/store";
import { primaryIpOf } from "../addresses/publicAddresses";
import { actionsReply } from "../calls/actionRoutes";
import {
  type Call,
  findOwned,
  listOwned,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, limitExceeded } from "../calls/errors";
import { applicationTo } from "./applications";
import {
  effectiveRules,
  readRules,
  readTargets,
  rulesField,
  type Target,
  targetsField,
} from "./firewallRules";

const firewallsPerServer = 5;
const rulesPerServer = 500;

interface TargetArgs {
  readonly firewall: number;
  readonly target: Target;
}

function firewallOf(store: Store, id: number): Firewall {
  const firewall = store.get("firewall", id);
  if (firewall === undefined) throw gone("firewall", id);
  return firewall;
}

const isTarget = (target: Target) => (application: Application) =>
  target.type === "server"
    ? application.type === "server" && application.server === target.server
    : application.type === "label_selector" && application.selector === target.selector;

const applyFirewall = defineWork<TargetArgs>({
  name: "apply_firewall",
  command: "apply_firewall",
  network: true,
  effect: (store, { firewall: id, target }) => {
    const firewall = firewallOf(store, id);
    const applied = firewall.applied.map((application) =>
      application.type === "server" && isTarget(target)(application)
        ? { ...application, status: "applied" as const }
        : application,
    );
    store.put("firewall", { ...firewall, applied });
  },
});

const removeFirewall = defineWork<TargetArgs>({
  name: "remove_firewall",
  command: "remove_firewall",
  network: true,
  effect: (store, { firewall: id, target }) => {
    const firewall = firewallOf(store, id);
    const applied = firewall.applied.filter((application) => !isTarget(target)(application));
    store.put("firewall", { ...firewall, applied });
  },
});

const setRules = defineWork<{ firewall: number; rules: readonly Rule[] }>({
  name: "set_firewall_rules",
  command: "set_firewall_rules",
  network: true,
  effect: (store, { firewall, rules }) => store.put("firewall", { ...firewallOf(store, firewall), rules }),
});

export const firewallWorks: readonly AnyWork[] = [applyFirewall, removeFirewall, setRules];

/** Marks the targets as pending and begins one action for each, after the action `after` if there is one. */
export function applyTargets(
  call: Call,
  firewall: number,
  targets: readonly Target[],
  alreadyApplied: string,
  missingStatus: number,
  after: number | null = null,
): Action[] {
  for (const target of targets) {
    const row = firewallOf(call.store, firewall);
    if (row.applied.some(isTarget(target))) {
      throw new ApiError(alreadyApplied, "firewall was already applied to this resource");
    }
    if (target.type === "server") requireServer(call, target.server, missingStatus);
    const application: Application = target.type === "server" ? { ...target, status: "pending" } : target;
    const changed: Firewall = { ...row, applied: [...row.applied, application] };
    requireFewRules(call, changed);
    call.store.put("firewall", changed);
  }
  return targets.map((target) =>
    call.begin(applyFirewall, { firewall, target }, { resources: resourcesOf(firewall, target), after }),
  );
}

function resourcesOf(firewall: number, target: Target) {
  const server = target.type === "server" ? [ref("server", target.server)] : [];
  return [...server, ref("firewall", firewall)];
}

function requireServer(call: Call, id: number, missingStatus: number) {
  const server = findOwned(call, "server", id);
  if (server === undefined) {
    throw new ApiError(
      "firewall_resource_not_found",
      `server with ID '${id}' not found`,
      null,
      missingStatus,
    );
  }
  if (!primaryIpOf(call.store, id, "ipv4") && !primaryIpOf(call.store, id, "ipv6")) {
    throw new ApiError("private_net_only_server", `server with ID '${id}' has no public interface`);
  }
  requireFewFirewalls(call, server);
}

/** Counts the firewalls that the server has, by selector too. */
function requireFewFirewalls(call: Call, server: Parameters<typeof applicationTo>[1]) {
  const count = call.store.list("firewall").filter((row) => applicationTo(row, server) !== null).length;
  if (count >= firewallsPerServer) {
    throw limitExceeded(`a server has at most ${firewallsPerServer} firewalls`, "firewall_limit");
  }
}

/** Counts the rules of all firewalls of each server that the changed one holds for. */
function requireFewRules(call: Call, changed: Firewall) {
  const others = listOwned(call, "firewall").filter(({ id }) => id !== changed.id);
  for (const server of listOwned(call, "server")) {
    if (applicationTo(changed, server) === null) continue;
    const applied = others.filter((other) => applicationTo(other, server) !== null);
    const count = effectiveRules([...applied, changed].flatMap(({ rules }) => rules));
    if (count > rulesPerServer) {
      throw limitExceeded(
        `server ${server.name} would have ${count} effective firewall rules, ${rulesPerServer} are allowed`,
        "firewall_effective_rules_limit",
      );
    }
  }
}

function apply(call: Call): Reply {
  const firewall = ownedByPath(call, "firewall");
  const body = readBody(call, z.object({ apply_to: targetsField }));
  const targets = readTargets(body.apply_to, "apply_to");
  return actionsReply(applyTargets(call, firewall.id, targets, "firewall_already_applied", 404));
}

function remove(call: Call): Reply {
  const firewall = ownedByPath(call, "firewall");
  const body = readBody(call, z.object({ remove_from: targetsField }));
  const targets = readTargets(body.remove_from, "remove_from");
  for (const target of targets) requireApplied(call, firewall, target);
  return actionsReply(
    targets.map((target) =>
      call.begin(
        removeFirewall,
        { firewall: firewall.id, target },
        { resources: resourcesOf(firewall.id, target) },
      ),
    ),
  );
}

function requireApplied(call: Call, firewall: Firewall, target: Target) {
  if (firewall.applied.some(isTarget(target))) return;
  const server = target.type === "server" ? findOwned(call, "server", target.server) : undefined;
  if (server !== undefined && applicationTo(firewall, server) !== null) {
    throw new ApiError(
      "firewall_managed_by_label_selector",
      `server with ID '${server.id}' has the firewall through a label selector`,
    );
  }
  const what =
    target.type === "server" ? `server with ID '${target.server}'` : `selector '${target.selector}'`;
  throw new ApiError("firewall_resource_not_found", `firewall is not applied to ${what}`, null, 404);
}

/** One action for the rules and one for each server that they hold for. */
function set(call: Call): Reply {
  const firewall = ownedByPath(call, "firewall");
  const rules = readRules(readBody(call, z.object({ rules: rulesField })).rules);
  requireFewRules(call, { ...firewall, rules });
  const first = startAction(call, setRules, { firewall: firewall.id, rules }, [ref("firewall", firewall.id)]);
  const servers = firewall.applied.filter((application) => application.type === "server");
  const applied = servers.map(({ server }) => {
    const target: Target = { type: "server", server };
    return call.begin(
      applyFirewall,
      { firewall: firewall.id, target },
      { resources: resourcesOf(firewall.id, target), after: first.id },
    );
  });
  return actionsReply([first, ...applied]);
}

export const firewallActionRoutes: readonly Route[] = [
  { method: "POST", path: "/firewalls/:id/actions/apply_to_resources", handle: apply },
  { method: "POST", path: "/firewalls/:id/actions/remove_from_resources", handle: remove },
  { method: "POST", path: "/firewalls/:id/actions/set_rules", handle: set },
];
