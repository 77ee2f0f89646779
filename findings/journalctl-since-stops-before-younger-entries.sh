#!/bin/bash
# journalctl 257 (Debian 13): `--since TIME --lines 1` prints nothing, although an entry younger than TIME matches.
#
# It happens when the entries of one boot lie in two files and the younger entry carries a small monotonic timestamp,
# as an importer writes that does not know the machine's uptime. `--verify` passes both files. Of one boot, journalctl
# orders entries of different files by monotonic time, so that on its way back it meets the old entry of the other file
# first, sees that this one is older than TIME, and stops:
#
#   one file: found
#   two files: nothing
#   two files without --since: found
#   two files, true monotonic timestamp: found
#
# Who is hurt: a check that posts an entry to systemd-journal-remote and looks for it. It passes for as long as the
# archive has one file, and fails for good after its first rotation.
# What helps: `__MONOTONIC_TIMESTAMP` of an imported entry from /proc/uptime of the machine whose boot id it names.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=systemd,systemd-journal-remote trixie "$work/root" >/dev/null
# shellcheck disable=SC2016 # dpkg-query's own variables
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' systemd | tee "$work/version"
grep -q '^systemd 257\.' "$work/version" || { echo "another version: look again"; exit 1; }

boot=11111111111111111111111111111111
machine=22222222222222222222222222222222
# entry SECONDS-SINCE-1970 MICROSECONDS-SINCE-BOOT MESSAGE
entry() {
  printf '__REALTIME_TIMESTAMP=%s000000\n__MONOTONIC_TIMESTAMP=%s\n_BOOT_ID=%s\n_MACHINE_ID=%s\n_HOSTNAME=shop\nMESSAGE=%s\n\n' \
    "$1" "$2" "$boot" "$machine" "$3"
}
# store FOLDER FILE: the entries on standard input become a journal file.
store() {
  mkdir -p "$work/root/srv/$1"
  chroot "$work/root" /usr/lib/systemd/systemd-journal-remote --output="/srv/$1/$2.journal" - 2>/dev/null
}
verify() {
  chroot "$work/root" journalctl --file="/srv/$1/$2.journal" --verify >/dev/null 2>&1
}
# look NAME FOLDER OPTION...
look() {
  local name=$1 folder=$2 output
  shift 2
  output=$(chroot "$work/root" journalctl --directory="/srv/$folder" --quiet --no-pager --grep 'was posted' --lines 1 "$@" || true)
  if grep -q 'was posted' <<<"$output"; then echo "$name: found"; else echo "$name: nothing"; fi
}

old=1700000000
new=$((old + 1200))
{ entry $old 500000000 'an old line'; entry $new 1 'this was posted'; } | store one all
entry $old 500000000 'an old line' | store two first
entry $new 1 'this was posted' | store two second
verify two first
verify two second
entry $old 500000000 'an old line' | store true first
entry $new 1700000000 'this was posted' | store true second

since="@$((new - 600))"
{
  look 'one file' one --since "$since"
  look 'two files' two --since "$since"
  look 'two files without --since' two
  look 'two files, true monotonic timestamp' true --since "$since"
} | tee "$work/seen"
diff "$work/seen" - <<'END'
one file: found
two files: nothing
two files without --since: found
two files, true monotonic timestamp: found
END
