// How long Hetzner's actions take, in milliseconds. Nothing is published: these are estimates from client
// timeouts and poll intervals (HC section 9), used as a minimum and scaled by `ApiSettings.timeScale`.
const durations: Readonly<Record<string, number>> = {
  create_server: 10_000,
  start_server: 4000,
  stop_server: 2000,
  shutdown_server: 1000,
  reboot_server: 1000,
  reset_server: 4000,
  delete_server: 3000,
  rebuild_server: 15_000,
  change_server_type: 15_000,
  create_image: 20_000,
  attach_to_network: 3000,
  detach_from_network: 2000,
  change_alias_ips: 1500,
  assign_floating_ip: 1500,
  unassign_floating_ip: 1500,
  assign_primary_ip: 1500,
  unassign_primary_ip: 1500,
  create_volume: 3000,
  attach_volume: 3000,
  detach_volume: 3000,
  resize_volume: 3000,
  apply_firewall: 1500,
  remove_firewall: 1500,
  create_load_balancer: 7000,
  // Of a storage box.
  create: 45_000,
};

const other = 500;

export function minimumMs(command: string, timeScale: number): number {
  return Math.round((durations[command] ?? other) * timeScale);
}
