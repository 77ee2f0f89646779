import { tierFiles } from "../../setup/tiers/paths";
import type { TierProgram } from "../../setup/tiers/renewScript";
import { adminSocket } from "./haproxyReload";
import { EdgeEngine } from "./settings";

/**
 * How a running proxy takes a certificate with which it asks other machines. HAProxy is handed it through its socket,
 * without a reload: what it asks from then on it asks with that, and after a start or reload with what is on the disk.
 */
export const tierTakes: Readonly<Record<EdgeEngine, TierProgram>> = {
  [EdgeEngine.HAProxy]: {
    unit: "haproxy.service",
    // An empty line ends what the socket reads.
    take: `if ! { { printf 'set ssl cert %s <<\\n' ${tierFiles.own}; grep -v '^[[:space:]]*$' ${tierFiles.own}; echo; } |
    socat -t 5 - UNIX-CONNECT:${adminSocket} >/dev/null &&
  socat -t 5 - UNIX-CONNECT:${adminSocket} <<<"commit ssl cert ${tierFiles.own}" | grep -q '^Success'; }; then
  say 4 "haproxy did not take the certificate while running: reloading it"
  socat -t 5 - UNIX-CONNECT:${adminSocket} <<<"abort ssl cert ${tierFiles.own}" >/dev/null || true
  systemctl reload haproxy.service
fi`,
  },
  [EdgeEngine.Nginx]: { unit: "nginx.service" },
};
