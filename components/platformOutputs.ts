import * as pulumi from "@pulumi/pulumi";
import type { Topology } from "./plan/topology";
import type { AppNodes } from "./roles/app";
import type { DatabaseNode } from "./roles/database";
import type { LoadBalancerPair } from "./roles/edge";
import type { StorageNode } from "./roles/storage";
import type { PlatformSettings } from "./settings/settings";
import { resolveServerType } from "./sizing/resolve";

/** A machine as people ask for it. */
export interface MachineSummary {
  readonly name: string;
  readonly tier: string;
  readonly privateIp: string;
  readonly serverType: string;
}

export function summarize(settings: PlatformSettings, topology: Topology): MachineSummary[] {
  return topology.machines.map(({ hostname, tier, privateIp, size }) => ({
    name: hostname,
    tier,
    privateIp,
    serverType: resolveServerType(size, settings.location).name,
  }));
}

/** Ids of all servers by host name. */
export function serverIdsByName(
  { loadBalancers, appNodes, database, storage }: Topology,
  ...[edge, app, db, store]: [LoadBalancerPair, AppNodes, DatabaseNode, StorageNode]
): pulumi.Output<Readonly<Record<string, number>>> {
  const plans = [...loadBalancers, ...appNodes, database, storage];
  return pulumi
    .all([edge.serverIds, app.serverIds, db.serverId, store.serverId])
    .apply((ids) => Object.fromEntries(ids.flat().map((id, index) => [plans[index]?.hostname ?? "", id])));
}

/** Every image that some machine runs. */
export function referencesOf({ images, app }: PlatformSettings): string[] {
  const { traefik, elasticsearch, objectStore } = images;
  return [traefik, elasticsearch, objectStore, ...Object.values(app.services).map(({ image }) => image)];
}
