// What a person sees of the cloud, from the rows.
import { statusOf } from "../api/serverViews";
import { primaryIpOf } from "../api/world";
import type { Server } from "../rows";
import type { Store } from "../store";
import { runningActions } from "../work";
import type { CloudState, FaultStatus, ServerState } from "./contract";

/** The state at this moment; reads the store only, which follows the machines. */
export function stateOf(
  store: Store,
  outside: { readonly at: string; readonly endpoint: string; readonly faults: readonly FaultStatus[] },
): CloudState {
  const projects = new Map(store.list("project").map(({ id, name }) => [id, name]));
  const named = (row: { id: number; name: string; project: number }) => ({
    id: row.id,
    name: row.name,
    project: projects.get(row.project) ?? "",
  });
  const address = (
    row: { id: number; name: string; project: number; ip: string },
    serverId: number | null,
  ) => ({
    ...named(row),
    address: row.ip,
    serverId,
  });
  return {
    at: outside.at,
    endpoint: outside.endpoint,
    networks: store.list("network").map((row) => ({ ...named(row), ipRange: row.ipRange })),
    servers: store.list("server").map((row) => ({ ...named(row), ...serverState(store, row) })),
    floatingIps: store.list("floating_ip").map((row) => address(row, row.server)),
    primaryIps: store.list("primary_ip").map((row) => address(row, row.assignee)),
    volumes: store.list("volume").map((row) => ({
      ...named(row),
      status: row.status,
      sizeGb: row.size,
      serverId: row.server,
    })),
    loadBalancers: [],
    storageBoxes: [],
    zones: [],
    actions: runningActions(store).map(({ id, command, progress, started, resources }) => ({
      id,
      command,
      progress,
      started,
      resources,
    })),
    faults: outside.faults,
  };
}

function serverState(store: Store, server: Server): Omit<ServerState, "id" | "name" | "project"> {
  const group =
    server.placementGroup === null ? undefined : store.get("placement_group", server.placementGroup);
  return {
    status: statusOf(store, server),
    serverType: server.serverType,
    location: server.location,
    publicIpv4: primaryIpOf(store, server.id, "ipv4")?.ip ?? null,
    publicIpv6: primaryIpOf(store, server.id, "ipv6")?.ip ?? null,
    privateNets: server.privateNets.map(({ network, ip, aliasIps }) => ({
      networkId: network,
      ip,
      aliasIps,
    })),
    placementGroup: group?.name ?? null,
  };
}
