import { workingDatabase } from "../../settings/databaseAccess";
import { type BackupConfig, databaseLock, rclone } from "./backupConfig";
import { createRolesSql } from "./backupFacts";
import { remoteFunctions, scriptHead } from "./backupScripts";
import { swapFunction } from "./restoreSwap";
import { fillViewsSql } from "./restoreViews";

/**
 * `platform-restore`: restores into a database of its own name, checks it, and only then gives it the name that
 * was asked for. It never drops a database that exists: with `--overwrite` the old one stays under another name.
 *
 * It works as a superuser, because only one restores all that PostgreSQL can hold. That also means that functions
 * of the backup which stand in check constraints run with that power on the database machine.
 */
export function restoreScript(config: BackupConfig): string {
  return `${scriptHead(config, "Restores a backup of the database.")}
PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off"
export PGUSER=${config.restoreUser}
${remoteFunctions(config)}${argumentsPart}
${backupsFunctions}
if [ -n "$list" ]; then
  backups
  exit 0
fi
${targetPart}
need_volume
hold ${databaseLock}
${sqlFunctions}
${swapFunction}
${databaseFunctions}
${pickPart}
${existingPart}
${fetchPart}
${fillPart(config)}
${namePart}
`;
}

const targetPart = `[[ "$target" =~ ^[a-z_][a-z0-9_]{0,62}$ ]] || die "--target-database must be lower-case letters, digits and underscores, at most 63 characters, got '$target'" 64
case "$target" in postgres | template0 | template1 | pg_* | ${workingDatabase}) die "$target belongs to PostgreSQL or the platform: choose another name" 64 ;; esac
`;

const sqlFunctions = `# A script from standard input that finds JSON in a variable.
with_json() {
  local file
  file=$(mktemp)
  printf '%s' "$1" >"$file"
  # shellcheck disable=SC2016
  { printf '\\\\set %s \`cat %s\`\\n' "$2" "$file"; cat; } | psql -XqAt -w -v ON_ERROR_STOP=1 -d "$3" -f - || { rm -f "$file"; return 1; }
  rm -f "$file"
}
sql() { psql -XqAt -w -v ON_ERROR_STOP=1 -d "\${2:-postgres}" -c "$1"; }`;

const existingPart = `exists=$(sql "select count(*) from pg_database where datname = '$target'")
if [ "$exists" = 1 ] && [ "$overwrite" != "$target" ]; then
  die "database $target exists: choose another name, or add --overwrite $target to replace it (the old one is kept under another name)" 73
fi`;

/** The restored database gets the name that was asked for. */
const namePart = `replaced=''
if [ "$exists" = 1 ]; then
  replaced=\${target:0:37}_replaced_$(date -u +%Y%m%dt%H%M%Sz)
  swap
else
  sql "alter database $working rename to \\"$target\\""
fi
echo "restored $id into $target ($tables tables)\${replaced:+; the old database is $replaced}"`;

const argumentsPart = `usage() {
  cat >&2 <<'END'
usage: platform-restore --list [--from local|box|offsite]
       platform-restore [--from local|box|offsite] [--backup ID] --target-database NAME [--overwrite NAME]
  --backup     default: the newest that holds tables
  --overwrite  repeats the name of the target when it exists; the old database is kept under another name
END
  exit 64
}
from=local remote='' beneath='' id='' target='' overwrite='' list=''
[ $# -gt 0 ] || usage
while [ $# -gt 0 ]; do
  case "$1" in
    --list) list=1; shift ;;
    --from | --backup | --target-database | --overwrite)
      [ $# -ge 2 ] || usage
      case "$1" in
        --from) from=$2 ;;
        --backup) id=$2 ;;
        --target-database) target=$2 ;;
        --overwrite) overwrite=$2 ;;
      esac
      shift 2
      ;;
    *) usage ;;
  esac
done
case "$from" in
  local) ;;
  box | offsite)
    remote=$(remote_of "$from")
    beneath=$(beneath_of "$from")
    ;;
  *) usage ;;
esac
`;

const backupsFunctions = `backups() {
  if [ "$from" = local ]; then
    (cd "$root" && ls -d 2*Z 2>/dev/null) || true
  else
    # Those of former releases lie beneath, in clear text.
    { folders "$remote/backups" && folders "$beneath/backups"; } | tr -d /
  fi | sort -u
}
manifest() {
  if [ "$from" = local ]; then
    cat "$root/$1/backup.json"
  else
    ${rclone} cat "$remote/backups/$1/backup.json" 2>/dev/null || ${rclone} cat "$beneath/backups/$1/backup.json"
  fi
}
# A rebuilt platform may have saved its new, empty database last: that is not what anybody wants back.
newest() {
  local last='' name tables
  while read -r name; do
    tables=$(manifest "$name" | jq -r .tables) || tables=0
    if [ "\${tables:-0}" -gt 0 ]; then
      [ -z "$last" ] || echo "the newest backup $last holds no tables; taking $name, the newest that does (--backup $last takes the other)" >&2
      echo "$name"
      return
    fi
    last=\${last:-$name}
  done
  echo "$last"
}
`;

/** One restore runs at a time, so the database that is not finished yet always has the same name. */
const databaseFunctions = `readonly working=${workingDatabase}
drop_working() {
  # A subscription, though it never ran, would keep its database from going.
  sql "select format('alter subscription %1\\$I disable; alter subscription %1\\$I set (slot_name = none); drop subscription %1\\$I', subname) from pg_subscription join pg_database d on d.oid = subdbid where datname = '$working'" |
    while read -r statements; do sql "$statements" "$working"; done
  # It waits for every process of the server, also for one that hangs.
  PGOPTIONS="$PGOPTIONS -c statement_timeout=$((5 * patience))s" sql "drop database if exists $working with (force)"
}
filling=''
fetched=''
finish() {
  local status=$?
  if [ "$status" -ne 0 ]; then
    # Without its parent a restore would go on, and keep the lock.
    pkill -P $$ || true
    [ -z "$filling" ] || drop_working || echo "database $working is left: the next restore removes it" >&2
    echo "restore into $target failed; nothing that existed before was changed" >&2
  fi
  [ -z "$fetched" ] || rm -rf "$fetched"
  exit "$status"
}
trap finish EXIT
`;

const pickPart = `if [ -z "$id" ]; then id=$(backups | sort -r | newest); fi
[ -n "$id" ] || die "there is no $from backup$([ "$from" = local ] || other_keys "$beneath")"
[[ "$id" =~ ^[0-9TZ]+$ ]] || die "backup '$id' is no backup id: see platform-restore --list" 64`;

const fetchPart = `if [ "$from" = local ]; then
  folder=$root/$id
  [ -d "$folder" ] || die "there is no local backup $id: see platform-restore --list"
  # The nightly backup removes old ones, but not this one while the folder is held.
  exec {reading}<"$folder"
  flock -s "$reading"
else
  folder=$root/.fetched-$id
  fetched=$folder
  rm -rf "$folder"
  echo "fetching $id"
  place=$remote
  [ -n "$(first_of "$remote/backups/$id")" ] || place=$beneath
  ${rclone} copy "$place/backups/$id" "$folder"
  [ -d "$folder" ] || die "there is no $from backup $id: see platform-restore --list --from $from"
fi
echo "checking $id"
(cd "$folder" && sha256sum --check --quiet --strict SHA256SUMS) || die "backup $id is damaged: use another one, or another copy with --from"
source=$(jq -r .database "$folder/backup.json")
[[ "$source" =~ ^[a-z_][a-z0-9_]*$ ]] || die "backup $id names no database"
archive=$folder/$source.dump
contents=$(pg_restore --list --create "$archive")
entries() { grep "$@" <<<"$contents" || true; }
# Backups of before 0.2 have no facts: their roles come without memberships and settings.
facts=$(cat "$folder/facts.json" 2>/dev/null ||
  sed -nE 's/^CREATE ROLE (.*);$/\\1/p' "$folder/globals.sql" | { grep -vxE 'postgres|backup|restore' || true; } |
  jq -cRn '{roles: [inputs | {name: ltrimstr("\\"") | rtrimstr("\\""), sql: ["create role \\(.)"]}]}')`;

const fillPart = ({
  backupUser,
}: BackupConfig) => `# The statements of the database itself, with its new name.
database_sql() {
  pg_restore --create --use-list=<(entries -E '^[0-9]+; [0-9]+ [0-9]+ ((DATABASE|DATABASE PROPERTIES) - |(ACL|COMMENT|SECURITY LABEL) - DATABASE )') --file=- "$archive" |
    sed -E -e '/^\\\\(connect|restrict|unrestrict) /d' \\
      -e "s/^((CREATE|ALTER|COMMENT ON|ALTER ROLE .* IN|(GRANT|REVOKE) .* ON|SECURITY LABEL .* ON) DATABASE) \\"?$source\\"? /\\1 $working /" \\
      -e "s/^(GRANT CONNECT ON DATABASE .*) TO backup;/\\1 TO ${backupUser};/"
}
echo "restoring $id into $target"
filling=1
drop_working
created=$(with_json "$facts" facts postgres <<'SQL'
${createRolesSql}SQL
)
[ -z "$created" ] || echo "roles that were missing, now there without passwords: $created"
if [ "$source" != "$database" ]; then
  echo "the backup is of $source: $database becomes a member of that role"
  sql "grant \\"$source\\" to \\"$database\\""
fi
sql "$(database_sql | sed -nE '/^CREATE DATABASE /{:a;/;$/!{N;ba};s/ TABLESPACE = ("[^"]*"|[^ ;]+);$/;/;p}')"
sql "alter database $working owner to \\"$database\\""
# Views are filled last, by rules of their own.
pg_restore --no-password --exit-on-error --jobs="$(nproc)" --no-tablespaces --use-list=<(entries -vE '^[0-9]+; [0-9]+ [0-9]+ MATERIALIZED VIEW DATA ') --dbname="$working" "$archive"
views=$(jq -c '.views // empty' <<<"$facts")
[ -n "$views" ] || views=$(sql "select coalesce(jsonb_object_agg(oid::regclass, null), '{}') from pg_class where relkind = 'm'" "$working")
unfilled=$(with_json "$views" views "$working" <<'SQL'
${fillViewsSql}SQL
)
[ -z "$unfilled" ] || echo "materialized views to refresh as the application does: $unfilled" >&2
tables=$(sql "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'" "$working")
expected=$(jq -r .tables "$folder/backup.json")
[ "$tables" -ge "$expected" ] || die "$tables tables were restored, the backup holds $expected"
vacuumdb --no-password --quiet --analyze-only --jobs="$(nproc)" --dbname="$working" ||
  echo "some tables have no statistics for the planner: see the lines above" >&2
jq -r '.tablespaces // {} | to_entries[] | "tablespace \\(.key) is not restored: \\(.value | join(", ")) went to the default one"' <<<"$facts" >&2
database_sql | sed -E '/^CREATE DATABASE /{:a;/;$/!{N;ba};d}; /^ALTER DATABASE [^ ]+ OWNER TO /d' | psql -XqAt -w -v ON_ERROR_STOP=1 -d postgres -o /dev/null -f -
`;
