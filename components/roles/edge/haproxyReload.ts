import { drainedBackends } from "./haproxyBackends";

export const configPath = "/etc/haproxy/haproxy.cfg";
export const reloadPath = "/usr/local/lib/platform-edge/reload-haproxy";
export const adminSocket = "/run/haproxy/admin.sock";
const masterSocket = "/run/haproxy-master.sock";

/** HAProxy reads the file when a worker starts; it exists for the length of a reload. */
export const stateFolder = "/run/haproxy";
export const stateFile = "server-state";

/**
 * Of the state that the old worker dumps, a new one learns who was taken out by an operator (drain, maintenance),
 * and in `app` who was down, if that is still the same machine and port.
 *
 * A line of the file cannot leave a field open, and HAProxy takes port and TLS of a server from it rather than
 * from the configuration, so these two are read from the configuration that is about to be loaded. Its weights
 * count as soon as the file's two are equal, and the other fields (id, name's address, port and address of the
 * check, agent) at the values that are written here. The 1 before the health is "not checked yet": with 0, which
 * is "unknown", HAProxy begins a check that never ends, and believes in the server for ever.
 */
const filterState = `
function port(endpoint) { sub(/.*:/, "", endpoint); return endpoint }
function has(word,  i) { for (i = 1; i <= NF; i++) if ($i == word) return 1; return 0 }
FNR == 1 { part++ }
part == 1 && /^[a-z]/ { section = $1 == "backend" ? $2 : ""; tls = 0; checked = 0 }
part == 1 && $1 == "default-server" { tls = has("ssl"); checked = has("check") }
part == 1 && $1 == "server" {
  key = section "/" $2
  endpoint[key] = $3
  ssl[key] = (tls || has("ssl")) && !has("no-ssl")
  check[key] = (checked || has("check")) && !has("no-check")
}
part == 2 && FNR <= 2 { print }
part == 2 && FNR > 2 && ($2 "/" $4) in endpoint && $2 ~ /^(BACKENDS)$/ {
  key = $2 "/" $4
  out = $7 % 2 + int($7 / 8) % 2 * 8
  same = endpoint[key] == $5 ":" $19
  down = $2 == "app" && $6 == 0 && $7 % 2 == 0 && same && check[key]
  print $1, $2, $3, $4, $5, (down ? 0 : 2), out, 1, 1, 3600, 1, 0, (down ? 0 : 999), 6, 0, 0, 0, "-", port(endpoint[key]), "-", ssl[key], 0, "-", "-", 0
}`
  .replace("BACKENDS", drainedBackends.join("|"))
  .trim();

/** `systemctl reload` of the package returns before anybody knows whether the new worker came up. */
export const reloadScript = `#!/bin/bash
# Reloads HAProxy: keeps drained nodes drained, and fails when the new worker does not come up.
set -euo pipefail

ask() { socat -t 5 - UNIX-CONNECT:${adminSocket}; }
trap 'rm -f ${stateFolder}/${stateFile}' EXIT

if servers=$(ask <<<"show servers state"); then
  # The old worker serves the connections that are open. A node that leaves may be gone before they are; where all
  # leave at once (web servers come between) the old worker has nobody else, and they serve until it has ended.
  leaving=() stays=no
  while read -r backend name; do
    if grep -q "^  server $name " ${configPath}; then stays=yes; else leaving+=("$backend/$name"); fi
  done < <(awk '$2 ~ /^(${drainedBackends.join("|")})$/ { print $2, $4 }' <<<"$servers")
  if [ "$stays" = no ]; then leaving=(); fi
  # One connection each: HAProxy reads one line of it.
  for server in "\${leaving[@]}"; do ask <<<"set server $server state drain"; done
  awk '
${filterState}
' ${configPath} <(printf '%s\\n' "$servers") >${stateFolder}/${stateFile}.new
  mv ${stateFolder}/${stateFile}.new ${stateFolder}/${stateFile}
fi
answer=$(echo reload | socat -t 30 - UNIX-CONNECT:${masterSocket})
printf '%s\\n' "$answer"
grep -q '^Success=1' <<<"$answer"
`;
