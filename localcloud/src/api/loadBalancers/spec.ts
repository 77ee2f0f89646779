// What a load balancer's targets stand for, and what must exist on the host for it. Derived from the rows each
// time, so that a label, an address or a server that changes is followed without an action of its own.
import { loadBalancerTypeNamed } from "../../catalogue/catalogue";
import type { LoadBalancerSpec } from "../../host/contract";
import type { LoadBalancer, LoadBalancerTarget, Server } from "../../state/rows";
import type { Store } from "../../state/store";
import { primaryIpOf } from "../addresses/publicAddresses";
import { parseSelector } from "../calls/labels";

/** The servers of a target; none for an IP target. */
export function serversOf(store: Store, balancer: LoadBalancer, target: LoadBalancerTarget): Server[] {
  const own = store.list("server").filter(({ project }) => project === balancer.project);
  if (target.type === "server") return own.filter(({ id }) => id === target.server);
  if (target.type === "ip") return [];
  const selects = parseSelector(target.selector);
  return own.filter(({ labels }) => selects(labels));
}

/** Where the load balancer reaches a server; null when it cannot. */
export function addressOf(
  store: Store,
  balancer: Pick<LoadBalancer, "privateNets">,
  server: Server,
  usePrivateIp: boolean,
): string | null {
  if (!usePrivateIp) return primaryIpOf(store, server.id, "ipv4")?.ip ?? null;
  const networks = new Set(balancer.privateNets.map(({ network }) => network));
  return server.privateNets.find(({ network }) => networks.has(network))?.ip ?? null;
}

/** Number of targets that count towards the type's limit: a selector counts its servers, and at least one. */
export function targetCount(store: Store, balancer: LoadBalancer): number {
  return balancer.targets
    .map((target) => Math.max(1, serversOf(store, balancer, target).length))
    .reduce((sum, count) => sum + count, 0);
}

/** Ids of the certificates that the services name. */
export function certificatesOf({ services }: Pick<LoadBalancer, "services">): ReadonlySet<number> {
  return new Set(services.flatMap(({ http }) => http?.certificates ?? []));
}

/** Whether the server is a target, by itself or through its labels. */
export function isTarget(store: Store, balancer: LoadBalancer, server: number): boolean {
  return balancer.targets.some((target) =>
    serversOf(store, balancer, target).some(({ id }) => id === server),
  );
}

export function loadBalancerSpec(store: Store, row: LoadBalancer): LoadBalancerSpec {
  return {
    id: row.id,
    publicIpv4: row.publicInterface ? row.ipv4 : null,
    publicIpv6: row.publicInterface ? row.ipv6 : null,
    attachments: row.privateNets.map(({ network, ip }) => ({ networkId: network, ip })),
    algorithm: row.algorithm,
    maxConnections: loadBalancerTypeNamed(row.loadBalancerType).max_connections,
    services: row.services,
    certificates: issuedOf(store, row),
    targets: [...new Set(row.targets.flatMap((target) => addressesOf(store, row, target)))],
  };
}

function addressesOf(store: Store, row: LoadBalancer, target: LoadBalancerTarget): string[] {
  if (target.type === "ip") return [target.ip];
  return serversOf(store, row, target).flatMap(
    (server) => addressOf(store, row, server, target.usePrivateIp) ?? [],
  );
}

function issuedOf(store: Store, row: LoadBalancer): LoadBalancerSpec["certificates"] {
  return [...certificatesOf(row)].flatMap((id) => {
    const { certificate, privateKey } = store.get("certificate", id) ?? {};
    return certificate && privateKey ? [{ id, certificate, privateKey }] : [];
  });
}
