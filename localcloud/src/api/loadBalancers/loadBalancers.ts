// Load balancers: read, rename, delete, measure. The rest of their operations is in the files beside this one.
import { z } from "zod";
import type { AnyWork } from "../../actions/work";
import type { LoadBalancer } from "../../state/rows";
import { dnsPtrRoute } from "../addresses/reverseDns";
import { actionReply, actionRoutes } from "../calls/actionRoutes";
import {
  type Call,
  noContent,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  ref,
  startAction,
} from "../calls/call";
import { deleteProtected, invalidInput } from "../calls/errors";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { requireUnlocked } from "../calls/locks";
import { type OwnedOptions, readRoutes, rename, updateRoute } from "../calls/owned";
import { protectionOf } from "../calls/protection";
import { loadBalancerActionRoutes } from "./actions";
import { deleteLoadBalancer, loadBalancerChanges } from "./changes";
import { create, loadBalancerName } from "./create";
import { type MetricType, metricTypes, stepOf, timeSeries } from "./metrics";
import { loadBalancerNetworkRoutes } from "./networks";
import { renderLoadBalancer } from "./views";

const options: OwnedOptions<"load_balancer"> = {
  kind: "load_balancer",
  path: "/load_balancers",
  render: (call: Call, row: LoadBalancer) => renderLoadBalancer(call, row),
  list: { sort: sortByIdNameCreated, filters: filterByName },
};

const protection = protectionOf("/load_balancers", "load_balancer");

export const loadBalancerWorks: readonly AnyWork[] = [...loadBalancerChanges, protection.work];

export const loadBalancerRoutes: readonly Route[] = [
  ...actionRoutes("/load_balancers", "load_balancer"),
  ...readRoutes(options),
  { method: "POST", path: "/load_balancers", handle: create },
  updateRoute(options, { schema: z.object({ name: loadBalancerName.optional() }), change: rename }),
  { method: "DELETE", path: "/load_balancers/:id", handle: remove },
  { method: "GET", path: "/load_balancers/:id/metrics", handle: metrics },
  ...loadBalancerActionRoutes,
  ...loadBalancerNetworkRoutes,
  dnsPtrRoute("/load_balancers", "load_balancer"),
  protection.route,
];

function remove(call: Call): Reply {
  const row = ownedByPath(call, "load_balancer");
  if (row.protected) throw deleteProtected("Load Balancer");
  const resources = [ref("load_balancer", row.id)];
  if (call.settings.loadBalancerPrimaryIps) {
    return actionReply(startAction(call, deleteLoadBalancer, { loadBalancer: row.id }, resources));
  }
  requireUnlocked(call.store, deleteLoadBalancer.command, resources);
  deleteLoadBalancer.effect(call.store, { loadBalancer: row.id }, {});
  call.networkChanged();
  return noContent();
}

function metrics(call: Call): Reply {
  const row = ownedByPath(call, "load_balancer");
  const types = readTypes(call.query.type);
  const start = readTime(call, "start");
  const end = readTime(call, "end");
  if (end <= start) throw invalidInput("end", "must be later than start");
  const step = stepOf(start, end, readStep(call));
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  return ok({
    metrics: {
      start: iso(start),
      end: iso(end),
      step,
      time_series: timeSeries(call.host.traffic(row.id), types, { start, end, step }),
    },
  });
}

/** Repeated or separated by commas. */
function readTypes(given: readonly string[] | undefined): readonly MetricType[] {
  const known: readonly string[] = metricTypes;
  const names = (given ?? []).flatMap((text) => text.split(","));
  if (names.length === 0 || !names.every((name) => known.includes(name))) {
    throw invalidInput("type", `must be one or more of ${metricTypes.join(", ")}`);
  }
  return metricTypes.filter((type) => names.includes(type));
}

function readTime(call: Call, field: "start" | "end"): number {
  const text = call.query[field]?.at(-1) ?? "";
  // A plus sign of an offset arrives as a space when the client did not encode it.
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text.replace(" ", "+")) : Number.NaN;
  if (Number.isNaN(time)) throw invalidInput(field, "must be a time such as 2026-01-01T00:00:00Z");
  return Math.floor(time / 1000);
}

function readStep(call: Call): number | undefined {
  const text = call.query.step?.at(-1);
  if (text === undefined) return undefined;
  const step = Number(text);
  if (text === "" || !Number.isFinite(step) || step < 1) {
    throw invalidInput("step", "must be a number of seconds, 1 or more");
  }
  return Math.round(step);
}
