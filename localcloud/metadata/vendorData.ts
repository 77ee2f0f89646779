import { stringify } from "yaml";
import type { ServerSpec } from "../host";

/**
 * What Hetzner adds to the user's own cloud-config; the user's wins. It carries the root password that the API
 * returned, as a hash, and has it changed at the first login. Empty for a server that is entered by key.
 */
export function vendorData({ rootPasswordHash }: Pick<ServerSpec, "rootPasswordHash">): string {
  if (rootPasswordHash === undefined) return "";
  const config = {
    ssh_pwauth: true,
    disable_root: false,
    chpasswd: { expire: true, users: [{ name: "root", password: rootPasswordHash, type: "hash" }] },
  };
  return `#cloud-config\n${stringify(config)}`;
}
