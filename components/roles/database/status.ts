import { fileSystems } from "../../setup/machineProbes";
import type { Probe } from "../../setup/status";
import { type CacheConfig, cacheAdminEnv, cacheNames } from "./cache";
import { searchAdminCurl } from "./elasticsearch";
import { cachePort, searchPort } from "./role";

const psql = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1";

/**
 * What can be up or down on a database machine. Down is also what answers and yet loses data or soon will: `running`
 * says that it answers.
 */
export function databaseProbes(config: CacheConfig): Probe[] {
  return [
    postgresqlProbe,
    cacheProbe(config),
    searchProbe(config.privateIp),
    fileSystems("/", "/var/lib/postgresql", "/var/lib/docker"),
  ];
}

const silent = `'{"running":false,"reasons":["does not answer"]}'`;

const postgresqlProbe: Probe = {
  name: "postgresql",
  title: "postgresql",
  command: `{
  ${psql} <<'SQL' 2>/dev/null || printf '%s' ${silent}
select json_build_object(
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
} | jq '.reasons = (.reasons // []) + [if (.checksumFailures // 0) > 0 then
  "\\(.checksumFailures) checksum failures in \\(.damaged | join(", ")): the disk or memory damaged data" else empty end]'`,
  details:
    'select(.running) | "\\(.version) \\(.role), timeline \\(.timeline), up since \\(.started), connections \\(.connections)/\\(.maxConnections), replicas \\(.replicas), checksum failures \\(.checksumFailures)", (.databases | to_entries[] | "\\(.key) \\(.value | mb)")',
};

function cacheProbe(config: CacheConfig): Probe {
  return {
    name: "cache",
    title: "cache",
    command: `local info
  # shellcheck disable=SC1091
  info=$(set -a && . ${cacheAdminEnv} &&
    ${cacheNames(config.engine).client} -h ${config.privateIp} -p ${cachePort} --no-auth-warning --user admin info 2>/dev/null | tr -d '\\r') || true
  value() { sed -n "s/^$1://p" <<<"$info" | head -n 1; }
  if [ -z "$(value redis_version)" ]; then
    jq -n --argjson silent ${silent} '$silent + {engine: "${config.engine}"}'
    return
  fi
  local version
  version=$(value valkey_version)
  jq -n --arg engine ${config.engine} --arg version "\${version:-$(value redis_version)}" --arg role "$(value role)" \\
    --argjson used "$(value used_memory)" --argjson max "$(value maxmemory)" --argjson clients "$(value connected_clients)" \\
    --argjson evicted "$(value evicted_keys)" --arg loading "$(value loading)" --arg enabled "$(value aof_enabled)" --arg aof "$(value aof_last_write_status)" \\
    --arg rewrite "$(value aof_last_bgrewrite_status)" --arg rdb "$(value rdb_last_bgsave_status)" \\
    '{running: true, engine: $engine, version: $version, role: (if $role == "master" then "primary" else "replica" end),
      usedBytes: $used, maxBytes: $max, clients: $clients, evictedKeys: $evicted, appendOnlyFile: $aof, reasons: [
        (if $loading == "1" then "still reads its append-only file" else empty end),
        (if $enabled == "0" then "the append-only file is off" else empty end),
        (if $aof == "err" then "the append-only file could not be written: what was stored since is lost at a restart" else empty end),
        (if $rewrite == "err" then "the append-only file could not be rewritten: it only grows" else empty end),
        (if $rdb == "err" then "the last snapshot failed" else empty end)]}'`,
    details:
      'select(.running) | "\\(.engine) \\(.version) \\(.role), \\(.usedBytes | mb) of \\(.maxBytes | mb), clients \\(.clients), evicted \\(.evictedKeys), append-only file \\(.appendOnlyFile)"',
  };
}

function searchProbe(privateIp: string): Probe {
  return {
    name: "search",
    title: "search",
    command: `local url=http://${privateIp}:${searchPort} health root
  health=$(curl -fsS -m 5 -K ${searchAdminCurl} "$url/_cluster/stats" 2>/dev/null) || true
  root=$(curl -fsS -m 5 -K ${searchAdminCurl} "$url/" 2>/dev/null) || true
  if [ -z "$health" ] || [ -z "$root" ]; then
    printf '%s' ${silent}
    return
  fi
  jq -n --argjson health "$health" --argjson root "$root" '{running: true, version: $root.version.number, status: $health.status,
    indexes: $health.indices.count, documents: $health.indices.docs.count, bytes: $health.indices.store.size_in_bytes,
    heapUsedBytes: $health.nodes.jvm.mem.heap_used_in_bytes, heapMaxBytes: $health.nodes.jvm.mem.heap_max_in_bytes,
    reasons: [if $health.status == "red" then "red: an index is incomplete" else empty end]}'`,
    details:
      'select(.running) | "elasticsearch \\(.version) \\(.status | if . == "yellow" then "yellow (one node keeps no second copies)" else . end), indexes \\(.indexes), documents \\(.documents), \\(.bytes | mb), heap \\(.heapUsedBytes | mb) of \\(.heapMaxBytes | mb)"',
  };
}
