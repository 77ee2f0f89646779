// What a person sees of the cloud, from the rows.

import { runningActions } from "../actions/work";
import { primaryIpOf } from "../api/addresses/publicAddresses";
import { isLocked } from "../api/calls/locks";
import { addressOf, serversOf } from "../api/loadBalancers/spec";
import { statusOf } from "../api/servers/serverViews";
import { zoneStatus } from "../api/zones/views";
import type { CloudState, FaultStatus, LoadBalancerState, ServerState } from "../contract/control";
import type { Health, Host } from "../host/contract";
import type { LoadBalancer, Server } from "../state/rows";
import type { Store } from "../state/store";

/** What the rows do not say. */
interface Outside {
  readonly at: string;
  readonly endpoint: string;
  readonly host: Pick<Host, "targetHealth">;
  readonly faults: readonly FaultStatus[];
}

/** The state at this moment. Servers need no look at their machines: the store follows these. */
export function stateOf(store: Store, outside: Outside): CloudState {
  const named = namesIn(store);
  const address = (row: NamedRow & { ip: string }, serverId: number | null) => ({
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
    loadBalancers: store
      .list("load_balancer")
      .map((row) => ({ ...named(row), ...loadBalancerState(store, outside.host, row) })),
    storageBoxes: store.list("storage_box").map((row) => ({ ...named(row), status: row.status })),
    zones: store.list("zone").map((row) => ({ ...named(row), status: zoneStatus(store, row) })),
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

interface NamedRow {
  readonly id: number;
  readonly name: string;
  readonly project: number;
}

/** What everything is called by, its project by its name. */
function namesIn(store: Store) {
  const projects = new Map(store.list("project").map(({ id, name }) => [id, name]));
  return (row: NamedRow) => ({ id: row.id, name: row.name, project: projects.get(row.project) ?? "" });
}

function serverState(store: Store, server: Server): Row<ServerState> {
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

type Row<S> = Omit<S, "id" | "name" | "project">;

function loadBalancerState(
  store: Store,
  host: Pick<Host, "targetHealth">,
  row: LoadBalancer,
): Row<LoadBalancerState> {
  const ports = row.services.map(({ listenPort }) => listenPort);
  const healthAt = (address: string | null) =>
    worstOf(ports.map((port) => (address === null ? "unhealthy" : host.targetHealth(row.id, port, address))));
  return {
    status: isLocked(store, { id: row.id, type: "load_balancer" }) ? "changing" : "active",
    publicIpv4: row.publicInterface ? row.ipv4 : null,
    privateNets: row.privateNets.map(({ network, ip }) => ({ networkId: network, ip })),
    targets: row.targets.flatMap((target): LoadBalancerState["targets"] => {
      if (target.type === "ip") return [{ serverId: null, address: target.ip, health: healthAt(target.ip) }];
      return serversOf(store, row, target).map((server) => {
        const address = addressOf(store, row, server, target.usePrivateIp);
        return { serverId: server.id, address: address ?? "", health: healthAt(address) };
      });
    }),
  };
}

/** Of all services of one target. */
function worstOf(found: readonly Health[]): Health {
  if (found.includes("unhealthy")) return "unhealthy";
  return found.length > 0 && found.every((health) => health === "healthy") ? "healthy" : "unknown";
}
