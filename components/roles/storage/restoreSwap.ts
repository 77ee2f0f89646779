/** How long a restore in place tries to get the old database to itself, in seconds. */
const patienceSeconds = 30;

/**
 * `swap` gives the restored database the name of the old one in one transaction. Renaming locks the old database
 * against new sessions, which wait, and gives those inside five seconds to end; another session ends them
 * meanwhile. So nothing is closed by a flag that a killed script would leave behind. Autovacuum is the rename's
 * own to end. What cannot be ended (a process that hangs in the kernel, a prepared transaction) is named.
 */
export const swapFunction = `readonly patience=\${PLATFORM_RESTORE_PATIENCE:-${patienceSeconds}}
rename_both() {
  PGOPTIONS="$PGOPTIONS -c lock_timeout=5s" sql "begin; alter database \\"$target\\" rename to \\"$replaced\\"; alter database $working rename to \\"$target\\"; commit"
}
in_the_way() {
  sql "select '  ' || format(case when backend_type = 'client backend' then 'session' else backend_type end || ' %s of %s from %s, %s since %s UTC: %s', pid, coalesce(usename, '-'), coalesce(host(client_addr), 'the machine itself'), coalesce(state, 'active'), to_char(state_change at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), left(regexp_replace(query, '\\s+', ' ', 'g'), 60)) from pg_stat_activity where datname = '$target' and backend_type <> 'autovacuum worker' union all select format('  prepared transaction %s of %s since %s', gid, owner, prepared) from pg_prepared_xacts where database = '$target'"
}
swap() {
  local deadline=$((SECONDS + patience)) attempt said
  said=$(mktemp)
  while :; do
    rename_both 2>"$said" &
    attempt=$!
    while kill -0 "$attempt" 2>/dev/null; do
      sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '$target' and backend_type <> 'autovacuum worker'" >/dev/null || true
      sleep 0.1
    done
    if wait "$attempt"; then
      rm -f "$said"
      return
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      cat "$said" >&2
      rm -f "$said"
      echo "$target stays in use, so it was not replaced; in the way:" >&2
      in_the_way >&2
      die "end it, then repeat the restore"
    fi
  done
}
`;
