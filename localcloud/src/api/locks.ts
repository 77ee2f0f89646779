// Which running action refuses which other request, as data (HC-K1 to HC-K3). An action holds the locks of
// those of its resources whose kind is listed; a request that would hold a lock that is held is refused.

import { runningActions } from "../actions/work";
import type { ResourceRef } from "../state/rows";
import type { Store } from "../state/store";
import { ApiError } from "./errors";

const SERVER = ["server"];
const LOAD_BALANCER = ["load_balancer"];
const SERVER_OR_LOAD_BALANCER = [...SERVER, ...LOAD_BALANCER];
const NETWORK = ["network"];
const STORAGE_BOX = ["storage_box"];
const VOLUME_AND_SERVER = ["volume", "server"];

/** Kinds that an action of the command locks; a command that is not listed locks nothing. */
export const LOCKS: Readonly<Record<string, readonly string[]>> = {
  create_server: SERVER,
  delete_server: SERVER,
  start_server: SERVER,
  stop_server: SERVER,
  shutdown_server: SERVER,
  reboot_server: SERVER,
  reset_server: SERVER,
  rebuild_server: SERVER,
  change_server_type: SERVER,
  create_image: SERVER,
  enable_rescue: SERVER,
  disable_rescue: SERVER,
  enable_backup: SERVER,
  disable_backup: SERVER,
  add_to_placement_group: SERVER,
  remove_from_placement_group: SERVER,
  attach_to_network: SERVER_OR_LOAD_BALANCER,
  detach_from_network: SERVER_OR_LOAD_BALANCER,
  change_alias_ips: SERVER,
  add_subnet: NETWORK,
  delete_subnet: NETWORK,
  add_route: NETWORK,
  delete_route: NETWORK,
  change_ip_range: NETWORK,
  create_volume: VOLUME_AND_SERVER,
  attach_volume: VOLUME_AND_SERVER,
  detach_volume: VOLUME_AND_SERVER,
  resize_volume: ["volume"],
  assign_floating_ip: ["floating_ip"],
  unassign_floating_ip: ["floating_ip"],
  assign_primary_ip: ["primary_ip", "server"],
  unassign_primary_ip: ["primary_ip", "server"],
  set_firewall_rules: ["firewall"],
  // Of a storage box only one subaccount or snapshot is made at a time, others are `locked`.
  create: STORAGE_BOX,
  delete: STORAGE_BOX,
  change_type: STORAGE_BOX,
  rollback_snapshot: STORAGE_BOX,
  create_subaccount: STORAGE_BOX,
  create_snapshot: STORAGE_BOX,
  // Services and targets are not here: clients change several of them at once and never try again.
  create_load_balancer: LOAD_BALANCER,
  delete_load_balancer: LOAD_BALANCER,
  change_load_balancer_type: LOAD_BALANCER,
  enable_public_interface: LOAD_BALANCER,
  disable_public_interface: LOAD_BALANCER,
  create_certificate: ["certificate"],
  issue_certificate: ["certificate"],
};

/** Kinds whose running change answers 409 `conflict`; the others answer 423 `locked`. */
const CONFLICTING = new Set(["network", "firewall"]);

/** Refuses the command when a running action locks one of the resources that it would lock. */
export function requireUnlocked(store: Store, command: string, resources: readonly ResourceRef[]) {
  const wanted = LOCKS[command] ?? [];
  for (const resource of resources) {
    if (wanted.includes(resource.type)) requireFree(store, resource);
  }
}

/** Refuses when a running action locks the resource: for deletions and changes that have no action. */
export function requireFree(store: Store, resource: ResourceRef) {
  if (!isLocked(store, resource)) return;
  const name = resource.type.replaceAll("_", " ");
  throw CONFLICTING.has(resource.type)
    ? new ApiError("conflict", `a change of this ${name} is running: try again when it has ended`)
    : new ApiError("locked", `${name} is locked: another action is running`);
}

export function isLocked(store: Store, resource: ResourceRef): boolean {
  return runningActions(store).some(
    (action) =>
      (LOCKS[action.command] ?? []).includes(resource.type) &&
      action.resources.some(({ id, type }) => id === resource.id && type === resource.type),
  );
}
