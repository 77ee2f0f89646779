import { type BackupConfig, rclone } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { remoteFunction, scriptHead } from "./backupScripts";

/**
 * `platform-restore`: restores into a database of its own name, checks it, and only then gives it the name that
 * was asked for. It never drops a database that exists: with `--overwrite` the old one stays under another name.
 */
export function restoreScript(config: BackupConfig): string {
  return `${scriptHead(config, "Restores a backup of the database.")}
${remoteFunction(config)}usage() {
  cat >&2 <<'END'
usage: platform-restore --list [--from local|box|offsite]
       platform-restore [--from local|box|offsite] [--backup ID] --target-database NAME [--overwrite NAME]
  --backup     default: the newest
  --overwrite  repeats the name of the target when it exists; the old database is kept under another name
END
  exit 64
}
from=local remote='' id='' target='' overwrite='' list=''
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
  box | offsite) remote=$(remote_of "$from") ;;
  *) usage ;;
esac

backups() {
  if [ "$from" = local ]; then
    (cd "$root" && ls -d 2*Z 2>/dev/null) || true
  else
    ${rclone} lsf --dirs-only "$remote/backups" | tr -d /
  fi | sort
}
if [ -n "$list" ]; then
  backups
  exit 0
fi
[[ "$target" =~ ^[a-z][a-z0-9_]{0,30}$ ]] || die "--target-database must be lower-case letters, digits and underscores, at most 31 characters, got '$target'" 64
case "$target" in postgres | template0 | template1 | pg_*) die "$target belongs to PostgreSQL: choose another name" 64 ;; esac

prepare
export PGUSER=restore
sql() { psql -XqAt -w -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
working=\${target}_restoring
closed=''
fetched=''
finish() {
  local status=$?
  [ -z "$fetched" ] || rm -rf "$fetched"
  if [ "$status" -ne 0 ]; then
    [ -z "$closed" ] || sql "alter database $target with allow_connections true" || true
    echo "restore into $target failed; nothing that existed before was changed" >&2
  fi
  exit "$status"
}
trap finish EXIT

[ -n "$id" ] || id=$(backups | tail -n 1)
[ -n "$id" ] || die "there is no $from backup"
[[ "$id" =~ ^[0-9TZ]+$ ]] || die "backup '$id' is no backup id: see platform-restore --list" 64
exists=$(sql "select count(*) from pg_database where datname = '$target'")
if [ "$exists" = 1 ] && [ "$overwrite" != "$target" ]; then
  die "database $target exists: choose another name, or add --overwrite $target to replace it (the old one is kept under another name)" 73
fi

if [ "$from" = local ]; then
  folder=$root/$id
  [ -d "$folder" ] || die "there is no local backup $id: see platform-restore --list"
else
  folder=$root/.fetched-$id
  fetched=$folder
  rm -rf "$folder"
  echo "fetching $id"
  ${rclone} copy "$remote/backups/$id" "$folder"
  [ -d "$folder" ] || die "there is no $from backup $id: see platform-restore --list --from $from"
fi
echo "checking $id"
(cd "$folder" && sha256sum --check --quiet --strict SHA256SUMS) || die "backup $id is damaged: use another one, or another copy with --from"
source=$(jq -r .database "$folder/backup.json")

echo "restoring $id into $target"
sql "drop database if exists $working"
sql "create database $working owner $database template template0"
sql "revoke all on database $working from public"
sql "grant connect on database $working to backup"
pg_restore --no-password --exit-on-error --jobs="$(nproc)" --no-owner --role="$database" --dbname="$working" "$folder/$source.dump"
tables=$(psql -XqAt -w -d "$working" -c "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r') and nspname !~ '^pg_' and nspname <> 'information_schema'")
expected=$(jq -r .tables "$folder/backup.json")
[ "$tables" -ge "$expected" ] || die "$tables tables were restored, the backup holds $expected"
vacuumdb --no-password --quiet --analyze-only --jobs="$(nproc)" --dbname="$working"

replaced=''
if [ "$exists" = 1 ]; then
  replaced=\${target}_replaced_$(date -u +%Y%m%dt%H%M%Sz)
  closed=1
  sql "alter database $target with allow_connections false"
  until [ "$(sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '$target'")" = 0 ]; do sleep 0.1; done
  sql "begin; alter database $target rename to $replaced; alter database $working rename to $target; commit"
  closed=''
  sql "alter database $replaced with allow_connections true"
else
  sql "alter database $working rename to $target"
fi
echo "restored $id into $target ($tables tables)\${replaced:+; the old database is $replaced}"
`;
}

/** `platform-restore-objects`: brings a copy of the objects back, into any bucket. */
export function restoreObjectsScript(config: BackupConfig, objectStore: string): string {
  return `${scriptHead(config, "Copies the objects of a remote into a bucket of the object store.")}
${remoteFunction(config)}usage() {
  cat >&2 <<'END'
usage: platform-restore-objects [--from box|offsite] --target-bucket NAME [--overwrite NAME]
  --overwrite  repeats the name of the target when it holds objects; their old versions are kept
END
  exit 64
}
from=${remotesOf(config)[0]?.name ?? "offsite"} target='' overwrite=''
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case "$1" in
    --from) from=$2 ;;
    --target-bucket) target=$2 ;;
    --overwrite) overwrite=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[[ "$target" =~ ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ ]] || usage
case "$from" in box | offsite) ;; *) usage ;; esac
remote=$(remote_of "$from")
prepare
${objectStore} make-bucket "$target"
if [ -n "$(${rclone} lsf --recursive --files-only "objects:$target" | head -n 1 || true)" ] && [ "$overwrite" != "$target" ]; then
  die "bucket $target holds objects: choose another name, or add --overwrite $target (old versions are kept)" 73
fi
${rclone} copy --fast-list "$remote/objects/$bucket" "objects:$target"
${rclone} check --download --one-way "$remote/objects/$bucket" "objects:$target"
echo "restored the $from objects into $target: $(${rclone} size --json "objects:$target" | jq -r '"\\(.count) objects, \\(.bytes) bytes"')"
`;
}
