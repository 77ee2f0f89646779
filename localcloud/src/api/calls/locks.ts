// Which running action refuses which other request, as data (HC-K1 to HC-K3). An action holds the locks of
// those of its resources whose kind is listed; a request that would hold a lock that is held is refused.

import { runningActions } from "../../actions/work";
import type { ResourceRef } from "../../state/rows";
import type { Store } from "../../state/store";
import { ApiError } from "./errors";

const server = ["server"];
const loadBalancer = ["load_balancer"];
const serverOrLoadBalancer = [...server, ...loadBalancer];
const network = ["network"];
const storageBox = ["storage_box"];
const volumeAndServer = ["volume", "server"];

/** Kinds that an action of the command locks; a command that is not listed locks nothing. */
export const locks: Readonly<Record<string, readonly string[]>> = {
  create_server: server,
  delete_server: server,
  start_server: server,
  stop_server: server,
  shutdown_server: server,
  reboot_server: server,
  reset_server: server,
  rebuild_server: server,
  change_server_type: server,
  create_image: server,
  enable_rescue: server,
  disable_rescue: server,
  enable_backup: server,
  disable_backup: server,
  add_to_placement_group: server,
  remove_from_placement_group: server,
  attach_to_network: serverOrLoadBalancer,
  detach_from_network: serverOrLoadBalancer,
  change_alias_ips: server,
  add_subnet: network,
  delete_subnet: network,
  add_route: network,
  delete_route: network,
  change_ip_range: network,
  create_volume: volumeAndServer,
  attach_volume: volumeAndServer,
  detach_volume: volumeAndServer,
  resize_volume: ["volume"],
  assign_floating_ip: ["floating_ip"],
  unassign_floating_ip: ["floating_ip"],
  assign_primary_ip: ["primary_ip", "server"],
  unassign_primary_ip: ["primary_ip", "server"],
  set_firewall_rules: ["firewall"],
  // Of a storage box only one subaccount or snapshot is made at a time, others are `locked`.
  create: storageBox,
  delete: storageBox,
  change_type: storageBox,
  rollback_snapshot: storageBox,
  create_subaccount: storageBox,
  create_snapshot: storageBox,
  // Services and targets are not here: clients change several of them at once and never try again.
  create_load_balancer: loadBalancer,
  delete_load_balancer: loadBalancer,
  change_load_balancer_type: loadBalancer,
  enable_public_interface: loadBalancer,
  disable_public_interface: loadBalancer,
  create_certificate: ["certificate"],
  issue_certificate: ["certificate"],
};

/** Kinds whose running change answers 409 `conflict`; the others answer 423 `locked`. */
const conflicting = new Set(["network", "firewall"]);

/** Refuses the command when a running action locks one of the resources that it would lock. */
export function requireUnlocked(store: Store, command: string, resources: readonly ResourceRef[]) {
  const wanted = locks[command] ?? [];
  for (const resource of resources) {
    if (wanted.includes(resource.type)) requireFree(store, resource);
  }
}

/** Refuses when a running action locks the resource: for deletions and changes that have no action. */
export function requireFree(store: Store, resource: ResourceRef) {
  if (!isLocked(store, resource)) return;
  const name = resource.type.replaceAll("_", " ");
  throw conflicting.has(resource.type)
    ? new ApiError("conflict", `a change of this ${name} is running: try again when it has ended`)
    : new ApiError("locked", `${name} is locked: another action is running`);
}

export function isLocked(store: Store, resource: ResourceRef): boolean {
  return runningActions(store).some(
    (action) =>
      (locks[action.command] ?? []).includes(resource.type) &&
      action.resources.some(({ id, type }) => id === resource.id && type === resource.type),
  );
}
