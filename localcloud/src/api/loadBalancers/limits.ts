// How much a load balancer of a type can have, and which ports are taken.
import type { LoadBalancerType } from "../../catalogue/catalogue";
import { loadBalancerTypeNamed } from "../../catalogue/catalogue";
import type { LoadBalancer, LoadBalancerService } from "../../state/rows";
import type { Store } from "../../state/store";
import { type Call, ownedByField } from "../calls/call";
import { ApiError, invalidInput, limitExceeded } from "../calls/errors";
import { portsOf } from "./services";
import { certificatesOf, targetCount } from "./spec";

interface Excess {
  readonly what: string;
  readonly limit: string;
  readonly maximum: number;
}

/** What the load balancer has more of than the type allows. */
export function excessOf(store: Store, balancer: LoadBalancer, type: LoadBalancerType): Excess | null {
  const counts = [
    { what: "services", count: balancer.services.length, maximum: type.max_services },
    { what: "targets", count: targetCount(store, balancer), maximum: type.max_targets },
    {
      what: "certificates",
      count: certificatesOf(balancer).size,
      maximum: type.max_assigned_certificates,
    },
  ];
  const excess = counts.find(({ count, maximum }) => count > maximum);
  if (excess === undefined) return null;
  return { what: excess.what, maximum: excess.maximum, limit: `load_balancer_${excess.what}_limit` };
}

/** Refuses what the load balancer's type does not allow. */
export function requireWithinLimits(store: Store, balancer: LoadBalancer) {
  const excess = excessOf(store, balancer, loadBalancerTypeNamed(balancer.loadBalancerType));
  if (excess === null) return;
  const { what, maximum, limit } = excess;
  throw limitExceeded(
    `a load balancer of type ${balancer.loadBalancerType} has at most ${maximum} ${what}`,
    limit,
  );
}

/**
 * Refuses services that would listen on the same port, that of a redirect included.
 *
 * @param status 412 on create and add, 422 on update
 */
export function requireFreePorts(services: readonly LoadBalancerService[], status: 412 | 422) {
  const taken = new Set<number>();
  for (const port of services.flatMap(portsOf)) {
    if (taken.has(port)) {
      throw new ApiError("source_port_already_used", `source port ${port} is already in use`, null, status);
    }
    taken.add(port);
  }
}

/** Refuses certificates that do not exist or were not issued yet. */
export function requireCertificates(call: Call, { http }: LoadBalancerService, path = "") {
  for (const id of http?.certificates ?? []) {
    if (ownedByField(call, "certificate", id).certificate === null) {
      throw invalidInput(`${path}http.certificates`, `certificate ${id} has not been issued yet`);
    }
  }
}
