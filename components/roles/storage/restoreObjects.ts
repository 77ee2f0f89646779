import { type BackupConfig, copiesLock, rclone } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { remoteFunctions, scriptHead } from "./backupScripts";

/** `platform-restore-objects`: brings a copy of the objects back, into any bucket. */
export function restoreObjectsScript(config: BackupConfig, objectStore: string): string {
  return `${scriptHead(config, "Copies the objects of a remote into a bucket of the object store.")}
${remoteFunctions(config)}usage() {
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
beneath=$(beneath_of "$from")
need_volume
hold ${copiesLock}
if [ -z "$(first_of "$remote/objects/$bucket")" ]; then
  [ -n "$(first_of "$beneath/objects/$bucket")" ] || die "there is no $from copy of $bucket$(other_keys "$beneath")"
  # Of a former release, in clear text.
  remote=$beneath
fi
${objectStore} make-bucket "$target"
if [ -n "$(${rclone} lsf --recursive --files-only "objects:$target" | head -n 1 || true)" ] && [ "$overwrite" != "$target" ]; then
  die "bucket $target holds objects: choose another name, or add --overwrite $target (old versions are kept)" 73
fi
${rclone} copy --fast-list "$remote/objects/$bucket" "objects:$target"
${rclone} check --download --one-way "$remote/objects/$bucket" "objects:$target"
echo "restored the $from objects into $target: $(${rclone} size --json "objects:$target" | jq -r '"\\(.count) objects, \\(.bytes) bytes"')"
`;
}
