import { siteEntrance } from "../../setup/site";
import { tierCurl } from "../../setup/tiers/paths";
import type { SetupFile } from "../../setup/types";
import { certifiedRole, completeBackends, type EdgeOptions, healthPaths } from "./edge";
import { EdgeEngine } from "./settings";

const movingPath = "/usr/local/lib/platform-edge/await-machines";

/** What is in force while the new configuration is being judged. */
const inForce = {
  [EdgeEngine.HAProxy]: { path: "/etc/haproxy/haproxy.cfg", unit: "haproxy.service" },
  [EdgeEngine.Nginx]: { path: "/etc/nginx/nginx.conf", unit: "nginx.service" },
} as const;

/** Longest that visitors stay with the machines of before; a set-up has half an hour. */
const patienceSeconds = 900;

/** For so long after the first is ready the others are waited for. */
const othersSeconds = 60;

/**
 * Where visitors go to other machines altogether (web servers come between, or leave), they stay with those of before
 * until the new ones are ready: all machines of a platform change side by side, and the proxy would be done first.
 *
 * It is part of what judges a new configuration: as long as it waits, and when it fails, the old one stays in force.
 */
export function movingFile(options: EdgeOptions, engine: EdgeEngine): SetupFile {
  return { path: movingPath, content: movingScript(options, inForce[engine]), mode: "0755" };
}

/** What a configuration's validation ends with. */
export const awaitMachines = ` && ${movingPath}`;

function movingScript(options: EdgeOptions, { path, unit }: (typeof inForce)[EdgeEngine]): string {
  const asks = certifiedRole(options) === undefined ? plainly : overTls;
  const machines = completeBackends(options).map(({ endpoint }) => endpoint);
  return `#!/bin/bash
# Succeeds when visitors may be sent to the machines of the new configuration.
set -euo pipefail
export LC_ALL=C.UTF-8
new=(${machines.join(" ")})
patience=\${1:-${patienceSeconds}} others=\${2:-${othersSeconds}}

ready() {
  local path${asks.how}
  for path in ${healthPaths(options).join(" ")}; do
    ${asks.curl} -fsS -m 5 -o /dev/null -H 'Host: ${options.domain}' "${asks.scheme}://$1$path" 2>/dev/null || return 1
  done
}
count_ready() {
  local machine count=0
  for machine in "$@"; do if ready "$machine"; then count=$((count + 1)); fi; done
  echo "$count"
}

systemctl is-active --quiet ${unit} || exit 0
mapfile -t old < <(awk '
  $1 == "backend" || $1 == "upstream" { inside = $2 == "app"; next }
  /^[a-z]/ || $1 == "}" { inside = 0 }
  inside && $1 == "server" { for (i = 2; i <= 3; i++) if ($i ~ /^[0-9.]+:[0-9]+;?$/) { sub(/;/, "", $i); print $i } }
' ${path} 2>/dev/null | sort -u)
for machine in "\${new[@]}"; do
  # It stays, and whoever comes beside it gets visitors when it is ready.
  [[ " \${old[*]} " != *" $machine "* ]] || exit 0
done
[ "\${#old[@]}" -gt 0 ] && [ "$(count_ready "\${old[@]}")" -gt 0 ] || exit 0
${asks.sameMachines}
${waitForNew}`;
}

const waitForNew = `echo "visitors stay with \${old[*]} until \${new[*]} are ready"
first='' lost=0
while true; do
  count=$(count_ready "\${new[@]}")
  [ "$count" -lt "\${#new[@]}" ] || exit 0
  if [ "$count" -gt 0 ]; then
    first=\${first:-$SECONDS}
    [ $((SECONDS - first)) -lt "$others" ] || exit 0
  else
    first=''
  fi
  # Where nobody serves any more there is nothing to wait with.
  if [ "$(count_ready "\${old[@]}")" -gt 0 ]; then lost=0; else lost=$((lost + 1)); fi
  [ "$lost" -lt 5 ] || exit 0
  [ "$SECONDS" -lt "$patience" ] || break
  sleep 1
done
echo "none of \${new[*]} is ready after $patience s, so visitors stay with \${old[*]}: look at platform-status on the new machines, then repeat pulumi up" >&2
exit 1
`;

const plainly = { how: "", curl: "curl", scheme: "http", sameMachines: "" };

/** Those of before may still take plain requests. A certificate speaks for its machine's address too. */
const overTls = {
  how: ` scheme=http curl=(curl)
  if [[ $1 = *:${siteEntrance(true).port} ]]; then scheme=https curl=(curl ${tierCurl}); fi`,
  curl: '"${curl[@]}"',
  scheme: "$scheme",
  // A machine that is ready there is gone here, so waiting for all of them is waiting until nobody is left.
  sameMachines: `
for machine in "\${new[@]}"; do
  case " \${old[*]%:*} " in *" \${machine%:*} "*) others=0 ;; esac
done
`,
};
