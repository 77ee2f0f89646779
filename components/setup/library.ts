/**
 * The part of every setup script that is the same on all machines. Its promises: a file, unit or step that is
 * as it should be is not touched; the script can die at any line and run again; only the last success counts
 * (a unit's applied state is recorded after it serves, not before).
 */
export const setupLibrary = String.raw`
readonly state=/var/lib/platform
readonly log=/var/log/platform-setup.log
current_stage=start
log_start=
stage_began=$EPOCHREALTIME

# Opens the next stage; the spans show where a bring-up spends its time.
stage() {
  printf '{"stage":"%s","start":%s,"end":%s}\n' "$current_stage" "$stage_began" "$EPOCHREALTIME" >>"$state/spans.jsonl"
  current_stage=\${1//\"/}
  stage_began=$EPOCHREALTIME
  printf '== %s\n' "$1"
  if [ $# -gt 1 ]; then printf '%s: %s\n' "$setup_hostname" "$2" >&3; fi
}

finish() {
  local status=$?
  rm -f "$0"
  # Who never held the lock has laid down nothing for dpkg: what is there belongs to the run that works.
  [ -z "$log_start" ] || rm -f /usr/sbin/policy-rc.d
  if [ "$status" -ne 0 ]; then
    {
      # Of this run alone: the one before may have failed with the same lines.
      if [ -n "$log_start" ]; then tail -c "+$((log_start + 1))" "$log" | tail -n 25; fi
      # Last, because whoever shows only some lines shows the last ones.
      printf 'setup of %s failed at "%s" (exit status %s); all of it is in %s\n' "$setup_hostname" "$current_stage" "$status" "$log"
    } >&4
  fi
  exit "$status"
}

begin() {
  install -d -m 0755 "$state" "$state/units" /etc/platform
  exec 3>&1 4>&2
  touch "$log"
  chmod 0600 "$log"
  exec >>"$log" 2>&1
  trap finish EXIT
  # A run whose connection broke goes on until its end; the next one waits for it.
  exec 9>/run/platform-setup.lock
  flock -w 900 9 || { echo "another setup has held the lock for 900 seconds" >&4; exit 75; }
  log_start=$(stat -c %s "$log")
  printf '=== setup of %s, %s\n' "$setup_hostname" "$(date -u +%FT%TZ)"
  rm -f "$state/spans.jsonl"
  # What a run that was killed left behind; its script may hold secrets.
  find /run/platform -name 'setup-*' ! -path "$0" -delete 2>/dev/null || true
  rm -f /usr/sbin/policy-rc.d
}

# Names of the lines in $1 that are not in $2.
only_in_first() { comm -23 <(sort -u "$1") <(sort -u "$2"); }

# Remembers old and new names together until the old ones are gone.
manifest_begin() {
  local kind=$1
  cat >"$state/$kind.new"
  touch "$state/$kind"
  sort -u "$state/$kind" "$state/$kind.new" >"$state/$kind.both"
  mv "$state/$kind.both" "$state/$kind"
}

remove_orphans() {
  local name
  while read -r name; do
    echo "removing unit $name"
    systemctl disable --now "$name" || true
    rm -f "$state/units/$name"
    units_changed=1
  done < <(only_in_first "$state/unit-names" "$state/unit-names.new")
  while read -r name; do
    echo "removing file $name"
    rm -f "$name"
  done < <(only_in_first "$state/file-names" "$state/file-names.new")
  mv "$state/unit-names.new" "$state/unit-names"
  mv "$state/file-names.new" "$state/file-names"
  [ -z "$units_changed" ] || systemctl daemon-reload
}

# put_file PATH OWNER GROUP MODE [VALIDATE] <content
put_file() {
  local path=$1 owner=$2 group=$3 mode=$4 validate=\${5:-}
  local folder=\${path%/*} candidate
  [ -d "$folder" ] || install -d -m 0755 "$folder"
  rm -f "$folder"/.platform-????????
  candidate=$(mktemp "$folder/.platform-XXXXXXXX")
  cat >"$candidate"
  chown "$owner:$group" "$candidate"
  chmod "$mode" "$candidate"
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$candidate" "$path"; then
    rm -f "$candidate"
    [ "$(stat -c %U:%G:%a "$path")" = "$owner:$group:\${mode#0}" ] || { chown "$owner:$group" "$path"; chmod "$mode" "$path"; }
    return 0
  fi
  if [ -n "$validate" ] && ! bash -c "$validate" validate "$candidate"; then
    echo "refused the new content of $path: $validate"
    rm -f "$candidate"
    return 1
  fi
  mv "$candidate" "$path"
  echo "wrote $path"
}

hash_of() { local path; for path in "$@"; do sha256sum "$path"; done | sha256sum | cut -d' ' -f1; }

# Whether what a unit reads differs from what it last started with. UNIT PATH...
unit_is_current() {
  local unit=$1
  shift
  [ -f "$state/units/$unit" ] && [ "$(cat "$state/units/$unit")" = "$(hash_of "$@")" ]
}

record_unit() {
  local unit=$1
  shift
  hash_of "$@" >"$state/units/$unit.new"
  mv "$state/units/$unit.new" "$state/units/$unit"
}

show_failed_units() {
  local unit
  for unit in "$@"; do
    systemctl is-active --quiet "$unit" && continue
    systemctl --no-pager --lines=0 status "$unit" || true
    journalctl --no-pager -o cat -n 15 -u "$unit" || true
  done
}

# systemctl VERB for several units in one transaction; on failure the journal of those that did not come up.
units_do() {
  local verb=$1
  shift
  [ $# -gt 0 ] || return 0
  echo "$verb $*"
  systemctl reset-failed "$@" 2>/dev/null || true
  systemctl "$verb" "$@" || { show_failed_units "$@"; return 1; }
}

# Enabling makes systemd read all its units again: only what is new asks for it.
enable_units() {
  [ $# -eq 0 ] || systemctl enable --quiet "$@"
}

start_inactive() {
  local unit inactive=()
  for unit in "$@"; do
    systemctl is-active --quiet "$unit" || inactive+=("$unit")
  done
  units_do start "\${inactive[@]}"
}

# wait_until SECONDS COMMAND: polls, prints the last output when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1)) output
  until output=$(bash -c "$2" 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf '%s\n' "$output"
      return 1
    fi
    sleep 0.2
  done
}
units_changed=
`
  .trimStart()
  .replaceAll("\\$", "$");
