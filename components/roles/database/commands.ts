import { type CompleteSetup, completeSetup } from "../../setup/types";
import type { CacheConfig } from "./cache";
import { databaseProbes } from "./status";

const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1";

/** `platform-status` and `platform-promote`, the operator's commands on a database machine. */
export function databaseCommands(config: CacheConfig): CompleteSetup {
  return completeSetup({
    packages: ["jq", "curl"],
    files: [{ path: "/usr/local/sbin/platform-promote", content: promoteScript, mode: "0755" }],
    probes: databaseProbes(config),
    // What runs badly is for whoever reads the status: an `up` that fails could not mend it.
    checks: [{ name: "PostgreSQL, cache and search answer", command: allRun }],
  });
}

const allRun =
  "platform-status --json | jq -e '.postgresql.running and .cache.running and .search.running' >/dev/null || { platform-status; false; }";

/** Makes a replica the primary; says so and changes nothing where the machine is the primary already. */
export const promoteScript = `#!/bin/bash
# Makes the PostgreSQL of this machine the primary.
set -euo pipefail
if [ $# -gt 0 ]; then
  echo "usage: platform-promote" >&2
  exit 64
fi
ask() { ${psql} -c "$1"; }

if [ "$(ask 'select pg_is_in_recovery()')" = f ]; then
  echo "$(hostname) is the primary already (timeline $(ask 'select timeline_id from pg_control_checkpoint()')): nothing to promote"
  exit 0
fi
if [ "$(ask 'select pg_promote(wait => true, wait_seconds => 60)')" != t ]; then
  echo "$(hostname) did not become primary within 60 seconds: see journalctl -t postgres" >&2
  exit 1
fi
echo "$(hostname) is the primary now (timeline $(ask 'select timeline_id from pg_control_checkpoint()')): stop the old primary before clients reach both"
`;
