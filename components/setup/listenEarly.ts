import type { MachineSetup } from "./types";

const path = "/etc/sysctl.d/61-platform-listen-early.conf";

/**
 * Services bind the private address even before the network has set it. Without it a boot in which a service
 * is faster than the network leaves PostgreSQL on localhost only, up and unreachable.
 */
export const listenEarlySetup: MachineSetup = {
  packages: ["procps"],
  files: [{ path, content: "net.ipv4.ip_nonlocal_bind = 1\n" }],
  steps: [
    {
      name: "services may listen before the network is up",
      unless: '[ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind)" = 1 ]',
      run: `sysctl --quiet --load=${path}`,
    },
  ],
  units: [],
  checks: [],
};
