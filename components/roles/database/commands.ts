import { fileSystemsFunction } from "../../setup/fileSystemStatus";
import { type CompleteSetup, completeSetup } from "../../setup/types";
import { type CacheConfig, cacheAdminEnv, cacheNames } from "./cache";
import { searchAdminCurl } from "./elasticsearch";
import { cachePort, searchPort } from "./role";

const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1";

/** `platform-status` and `platform-promote`, the operator's commands on a database machine. */
export function databaseCommands(config: CacheConfig): CompleteSetup {
  return completeSetup({
    packages: ["jq", "curl"],
    files: [
      { path: "/usr/local/sbin/platform-status", content: databaseStatusScript(config), mode: "0755" },
      { path: "/usr/local/sbin/platform-promote", content: promoteScript, mode: "0755" },
    ],
    // What runs badly is for whoever reads the status: an `up` that fails could not mend it.
    checks: [{ name: "PostgreSQL, cache and search answer", command: allRun }],
  });
}

const allRun =
  "platform-status --json | jq -e '.postgresql.running and .cache.running and .search.running' >/dev/null || { platform-status; false; }";

/**
 * JSON with `--json`, else a table; exit status 1 when something is down. Down is also what answers and yet loses
 * data or soon will: `running` says that it answers, `reasons` what is wrong.
 */
export function databaseStatusScript(config: CacheConfig): string {
  return `#!/bin/bash
# State of PostgreSQL, cache and search on this machine.
set -euo pipefail
case "\${1:-}" in
  "" | --json) ;;
  *) echo "usage: platform-status [--json]" >&2; exit 64 ;;
esac

silent='{"up":false,"running":false,"reasons":["does not answer"]}'

postgresql() {
  ${psql} <<'SQL' 2>/dev/null || printf '%s' "$silent"
select json_build_object(
  'up', true,
  'running', true,
  'version', current_setting('server_version'),
  'role', case when pg_is_in_recovery() then 'replica' else 'primary' end,
  'started', to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'timeline', (select timeline_id from pg_control_checkpoint()),
  'connections', (select count(*) from pg_stat_activity where backend_type = 'client backend'),
  'maxConnections', current_setting('max_connections')::int,
  'replicas', (select count(*) from pg_stat_replication where state = 'streaming'),
  'checksumFailures', (select coalesce(sum(checksum_failures), 0) from pg_stat_database),
  'damaged', (select coalesce(json_agg(coalesce(datname, 'shared tables')), '[]') from pg_stat_database where checksum_failures > 0),
  'databases', (select json_object_agg(datname, pg_database_size(oid)) from pg_database where not datistemplate));
SQL
}

cache() {
  local info
  # shellcheck disable=SC1091
  info=$(set -a && . ${cacheAdminEnv} &&
    ${cacheNames(config.engine).client} -h ${config.privateIp} -p ${cachePort} --no-auth-warning --user admin info 2>/dev/null | tr -d '\\r') || true
  value() { sed -n "s/^$1://p" <<<"$info" | head -n 1; }
  if [ -z "$(value redis_version)" ]; then
    jq -n --argjson silent "$silent" '$silent + {engine: "${config.engine}"}'
    return
  fi
  local version
  version=$(value valkey_version)
  jq -n --arg engine ${config.engine} --arg version "\${version:-$(value redis_version)}" --arg role "$(value role)" \\
    --argjson used "$(value used_memory)" --argjson max "$(value maxmemory)" --argjson clients "$(value connected_clients)" \\
    --argjson evicted "$(value evicted_keys)" --arg loading "$(value loading)" --arg enabled "$(value aof_enabled)" --arg aof "$(value aof_last_write_status)" \\
    --arg rewrite "$(value aof_last_bgrewrite_status)" --arg rdb "$(value rdb_last_bgsave_status)" \\
    '{up: true, running: true, engine: $engine, version: $version, role: (if $role == "master" then "primary" else "replica" end),
      usedBytes: $used, maxBytes: $max, clients: $clients, evictedKeys: $evicted, appendOnlyFile: $aof, reasons: [
        (if $loading == "1" then "still reads its append-only file" else empty end),
        (if $enabled == "0" then "the append-only file is off" else empty end),
        (if $aof == "err" then "the append-only file could not be written: what was stored since is lost at a restart" else empty end),
        (if $rewrite == "err" then "the append-only file could not be rewritten: it only grows" else empty end),
        (if $rdb == "err" then "the last snapshot failed" else empty end)]}'
}

search() {
  local url=http://${config.privateIp}:${searchPort} health root
  health=$(curl -fsS -m 5 -K ${searchAdminCurl} "$url/_cluster/stats" 2>/dev/null) || true
  root=$(curl -fsS -m 5 -K ${searchAdminCurl} "$url/" 2>/dev/null) || true
  if [ -z "$health" ] || [ -z "$root" ]; then
    printf '%s' "$silent"
    return
  fi
  jq -n --argjson health "$health" --argjson root "$root" '{up: true, running: true, version: $root.version.number, status: $health.status,
    indexes: $health.indices.count, documents: $health.indices.docs.count, bytes: $health.indices.store.size_in_bytes,
    heapUsedBytes: $health.nodes.jvm.mem.heap_used_in_bytes, heapMaxBytes: $health.nodes.jvm.mem.heap_max_in_bytes,
    reasons: [if $health.status == "red" then "red: an index is incomplete" else empty end]}'
}

${fileSystemsFunction}

status=$(jq -n --arg host "$(hostname)" --argjson postgresql "$(postgresql)" --argjson cache "$(cache)" \\
  --argjson search "$(search)" --argjson fileSystems "$(file_systems / /var/lib/postgresql /var/lib/docker)" \\
  'def judged: .reasons = (.reasons // []) | .up = (.running and .reasons == []);
    {host: $host,
      postgresql: ($postgresql | .reasons += [if (.checksumFailures // 0) > 0 then
        "\\(.checksumFailures) checksum failures in \\(.damaged | join(", ")): the disk or memory damaged data" else empty end] | judged),
      cache: ($cache | judged), search: ($search | judged), fileSystems: $fileSystems}
    | .reasons = [to_entries[] | select(.value | type == "object") | .key as $part | .value.reasons[] | "\\($part): \\(.)"]
    | .up = (.reasons == [])')
if [ "\${1:-}" = --json ]; then
  printf '%s\\n' "$status"
else
  jq -r 'def mb: (. / 1048576 | floor | tostring) + " MiB";
    def line(details): (if .up then "" else "DOWN: " + (.reasons | join("; ")) end) +
      (if .running then (if .up then "" else "; " end) + details else "" end);
    "\\(.host)",
    "postgresql  " + (.postgresql | line("\\(.version) \\(.role), timeline \\(.timeline), up since \\(.started), connections \\(.connections)/\\(.maxConnections), replicas \\(.replicas), checksum failures \\(.checksumFailures)")),
    (.postgresql.databases // {} | to_entries[] | "            \\(.key) \\(.value | mb)"),
    "cache       " + (.cache | line("\\(.engine) \\(.version) \\(.role), \\(.usedBytes | mb) of \\(.maxBytes | mb), clients \\(.clients), evicted \\(.evictedKeys), append-only file \\(.appendOnlyFile)")),
    "search      " + (.search | line("elasticsearch \\(.version) \\(.status | if . == "yellow" then "yellow (one node keeps no second copies)" else . end), indexes \\(.indexes), documents \\(.documents), \\(.bytes | mb), heap \\(.heapUsedBytes | mb) of \\(.heapMaxBytes | mb)")),
    "disks       " + (.fileSystems | (if .up then "" else "DOWN: " + (.reasons | join("; ")) + "; " end) + (.list | map("\\(.path) \\(.usedPercent) %") | join(", ")))' <<<"$status"
fi
jq -e .up <<<"$status" >/dev/null
`;
}

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
