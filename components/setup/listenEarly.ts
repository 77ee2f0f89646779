import { sysctlSetup } from "./sysctl";

/**
 * Services bind the private address even before the network has set it. Without it a boot in which a service
 * is faster than the network leaves PostgreSQL on localhost only, up and unreachable.
 */
export const listenEarlySetup = sysctlSetup({
  name: "services may listen before the network is up",
  path: "/etc/sysctl.d/61-platform-listen-early.conf",
  values: { "net.ipv4.ip_nonlocal_bind": "1" },
});
