#!/bin/bash
set -euo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

readonly setup_hostname='prod-storage1'

readonly state=/var/lib/platform
readonly log=/var/log/platform-setup.log
current_stage=start
log_start=
stage_began=$EPOCHREALTIME

# Opens the next stage; the spans show where a bring-up spends its time.
stage() {
  printf '{"stage":"%s","start":%s,"end":%s}\n' "$current_stage" "$stage_began" "$EPOCHREALTIME" >>"$state/spans.jsonl"
  current_stage=${1//\"/}
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
  local path=$1 owner=$2 group=$3 mode=$4 validate=${5:-}
  local folder=${path%/*} candidate
  [ -d "$folder" ] || install -d -m 0755 "$folder"
  rm -f "$folder"/.platform-????????
  candidate=$(mktemp "$folder/.platform-XXXXXXXX")
  cat >"$candidate"
  chown "$owner:$group" "$candidate"
  chmod "$mode" "$candidate"
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$candidate" "$path"; then
    rm -f "$candidate"
    [ "$(stat -c %U:%G:%a "$path")" = "$owner:$group:${mode#0}" ] || { chown "$owner:$group" "$path"; chmod "$mode" "$path"; }
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
  units_do start "${inactive[@]}"
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


readonly package_patience=900
readonly package_locks=(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)
readonly apt_options=(-o DPkg::Lock::Timeout=0 -o Acquire::Retries=3 -o APT::Install-Recommends=false
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)

# Prints who holds one of the locks; asks the kernel and takes none. They are no locks of flock(1), which sees nothing.
lock_holder() {
  local pid
  pid=$(perl -MFcntl -e '
    for my $path (@ARGV) {
      open(my $file, "+<", $path) or next;
      my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0);
      fcntl($file, F_GETLK, $lock) or next;
      my ($type, $pid) = (unpack("ssx4qql", $lock))[0, 4];
      if ($type != F_UNLCK) { print $pid; exit 0 }
    }
    exit 1' "${package_locks[@]}") || return 1
  printf '%s (process %s)\n' "$(tr '\0\n' '  ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-80)" "$pid"
}

# Whether what apt or dpkg printed says that somebody was faster.
met_a_lock() {
  grep -qE '(was|is) locked by|Could not get lock|Unable to (lock|acquire the dpkg)|dpkg was interrupted' "$1"
}

# Runs a command of apt with what it needs: nobody beside it, nothing half done by others, no service that starts by itself.
packages_do() {
  local deadline=$((SECONDS + package_patience)) output=$state/packages-output holder said='' status
  while :; do
    if holder=$(lock_holder); then status=75; else
      status=0
      # Services start when their configuration is there, not when their package is. What is left of it after a kill
      # forbids nothing: the lock is free once all that was started here has ended.
      exec 8>/run/platform-packages.lock
      flock 8
      printf '#!/bin/sh\n! flock --nonblock /run/platform-packages.lock true || exit 0\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 0755 /usr/sbin/policy-rc.d
      { dpkg --configure -a && "$@"; } 2>&1 | tee "$output" || status=$?
      rm -f /usr/sbin/policy-rc.d
      exec 8>&-
      [ "$status" -ne 0 ] || return 0
      met_a_lock "$output" || return "$status"
      holder="somebody who was faster"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "apt and dpkg are still used by $holder after $package_patience seconds: end it, or run this set-up later"
      return 75
    fi
    if [ "$holder" != "$said" ]; then
      echo "waiting for apt and dpkg, used by $holder"
      printf '%s: waiting for apt and dpkg, used by %s\n' "$setup_hostname" "$holder" >&3
      said=$holder
    fi
    sleep 1
  done
}

# Prints those of its arguments that are not installed; half of one counts as none.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# The first set-up of a machine whose image was baked. What is held back from the daily updates would stay as old as
# the image is, so an image of more than a day is brought up to date before anything of it starts.
settle_baked() {
  if [ $# -gt 0 ]; then
    printf '%s: the image that it was made from lacks %s; npm run bake makes one that has it\n' "$setup_hostname" "$*" >&3
  fi
  if [ -z "$(find "$state/baked" -mmin -1440)" ]; then
    stage packages "bringing the packages of its image up to date"
    packages_do apt-get -qq "${apt_options[@]}" update
    packages_do apt-get -qq -y "${apt_options[@]}" upgrade
    # What runs since the boot is the program of before: it starts anew.
    rm -f "$state"/units/*
  fi
  mv "$state/baked" "$state/made-from"
}

install_packages() {
  local missing status=0
  mapfile -t missing < <(missing_packages "$@")
  [ ! -f "$state/baked" ] || settle_baked "${missing[@]}"
  [ "${#missing[@]}" -gt 0 ] || return 0
  stage packages "installing ${missing[*]}"
  # Of a package that is half unpacked apt says that it is the newest already, and is content: hence --reinstall.
  local install=(apt-get -qq -y "${apt_options[@]}" --reinstall install "${missing[@]}")
  if [ -z "$(find /var/lib/apt/lists -name '*Packages*' -mmin -720 -print -quit)" ]; then packages_do apt-get -qq "${apt_options[@]}" update; fi
  packages_do "${install[@]}" || status=$?
  [ "$status" -ne 75 ] || return 75
  if [ "$status" -ne 0 ]; then
    # Lists can be older than what the mirror still serves.
    packages_do apt-get -qq "${apt_options[@]}" update
    packages_do "${install[@]}"
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] || { echo "apt says that it has installed ${missing[*]}, dpkg does not: dpkg --audit"; return 1; }
}

begin

manifest_begin file-names <<'END_OF_NAMES'
/etc/platform/firewall.nft
/etc/systemd/system/platform-firewall.service
/etc/systemd/system/platform-default-route.service
/usr/local/sbin/platform-default-route
/etc/platform/hosts
/etc/cloud/cloud.cfg.d/99-platform.cfg
/etc/ssh/sshd_config.d/10-platform.conf
/etc/apt/apt.conf.d/99-platform-updates.conf
/etc/needrestart/conf.d/99-platform.conf
/etc/systemd/system/apt-daily.timer.d/platform.conf
/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf
/usr/local/sbin/platform-upgrade
/etc/sysctl.d/60-platform.conf
/etc/sysctl.d/62-platform-walls.conf
/etc/modprobe.d/platform.conf
/etc/systemd/journal-upload.conf.d/platform.conf
/etc/systemd/system/systemd-journal-upload.service.d/platform.conf
/etc/docker/daemon.json
/etc/systemd/system/platform-network.service
/usr/local/sbin/platform-container
/usr/local/sbin/platform-container-log
/etc/systemd/system/platform-container-log@.socket
/etc/systemd/system/platform-container-log@.service
/usr/local/sbin/platform-image-prune
/etc/sysctl.d/61-platform-listen-early.conf
/etc/systemd/system/srv-storage.mount
/usr/local/lib/platform/judge-objects
/etc/platform/stores/objects
/etc/sysusers.d/platform-objects.conf
/etc/systemd/system/object-store.service.d/storage.conf
/etc/platform/object-store/root.curl
/etc/platform/object-store/app.curl
/etc/platform/object-store/policy.json
/etc/platform/object-store/create-user.xml
/etc/platform/object-store/update-user.xml
/usr/local/lib/platform/object-store
/etc/systemd/system/object-store.service
/etc/platform/object-store.env
/etc/platform/object-store.secret.env
/usr/local/sbin/platform-object-retention
/etc/systemd/system/platform-object-retention.service
/etc/systemd/system/platform-object-retention.timer
/etc/platform/backup/pgpass
/etc/platform/backup/rclone.conf
/usr/local/sbin/platform-backup
/usr/local/sbin/platform-restore
/usr/local/sbin/platform-restore-objects
/etc/systemd/system/platform-backup.service
/etc/systemd/system/platform-backup.timer
/etc/systemd/system/platform-backup.service.d/storage.conf
/etc/systemd/system/systemd-journal-remote.service.d/storage.conf
/etc/systemd/journal-remote.conf.d/platform.conf
/etc/systemd/system/systemd-journal-remote.socket.d/platform.conf
/etc/systemd/system/systemd-journal-remote.service.d/platform.conf
/usr/local/sbin/platform-log-retention
/etc/systemd/system/platform-log-retention.service
/etc/systemd/system/platform-log-retention.timer
/usr/local/sbin/platform-logs
/usr/local/sbin/platform-status
END_OF_NAMES

manifest_begin unit-names <<'END_OF_NAMES'
platform-firewall.service
platform-default-route.service
ssh.service
apt-daily.timer
apt-daily-upgrade.timer
systemd-sysctl.service
systemd-journal-upload.service
docker.service
platform-network.service
srv-storage.mount
object-store.service
platform-object-retention.timer
platform-backup.timer
systemd-journal-remote.socket
systemd-journal-remote.service
platform-log-retention.timer
END_OF_NAMES

stage files

put_file '/usr/local/lib/platform/judge-objects' 'root' 'root' '0755' <<'END_329f697cc717'
#!/bin/bash
# Judges what the objects store is to serve, in the file $1.
set -euo pipefail
refuse() {
  echo "refuses to serve $1, the platform's data would stay behind: set it back, or move the data and accept the change (docs/operations.md, settings that data depends on)"
  exit 1
}
read -r engine bucket <"$1"
folder_of() { [ "$1" = minio ] && echo "/srv/storage/objects/minio" || echo "/srv/storage/objects/$1/data"; }
[ ! -d "$(folder_of "$engine")/$bucket" ] || exit 0
for other in versitygw minio; do
  for folder in "$(folder_of "$other")"/*/; do
    # Names that begin with a dot are the engine's own.
    [ -z "$(find "$folder" -type f -print -quit 2>/dev/null)" ] ||
      refuse "bucket $bucket in $engine, which is not there, while bucket $(basename "$folder") in $other holds objects"
  done
done
END_329f697cc717

put_file '/etc/platform/stores/objects' 'root' 'root' '0644' '/usr/local/lib/platform/judge-objects "$1"' <<'END_221bcd4dba05'
versitygw app
END_221bcd4dba05

install_packages 'nftables' 'iproute2' 'unattended-upgrades' 'jq' 'procps' 'systemd-journal-remote' 'docker.io' 'docker-cli' 'iptables' 'e2fsprogs' 'util-linux' 'curl' 'python3' 'rclone' 'postgresql-client-17'

stage files "writing configuration"

put_file '/etc/platform/firewall.nft' 'root' 'root' '0644' <<'END_d8297f752ddf'
table inet platform_firewall
delete table inet platform_firewall
table inet platform_firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, packet-too-big } accept
    iifname "br-*" tcp dport 22 drop
    iifname "br-*" ip saddr 172.20.0.0/16 accept comment "containers of this machine"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 22 accept comment "SSH through the bastion"
    ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 9000 accept comment "objects"
    ip saddr { 10.0.1.11, 10.0.1.12, 10.0.2.11, 10.0.2.12, 10.0.3.11, 10.0.4.11 } tcp dport 19532 accept comment "log archive"
    ip saddr { 10.0.1.11, 10.0.1.12, 10.0.2.11, 10.0.2.12, 10.0.3.11, 10.0.4.11 } meta l4proto { icmp, ipv6-icmp } accept comment "reachability"
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    # User data lies at the metadata service; a container has no business there, whatever network it is in.
    iifname "br-*" ip daddr 169.254.169.254 drop
    iifname "docker0" ip daddr 169.254.169.254 drop
  }
}
END_d8297f752ddf

put_file '/etc/systemd/system/platform-firewall.service' 'root' 'root' '0644' <<'END_05805d763c95'
[Unit]
Description=Host firewall of the platform
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/platform/firewall.nft
ExecReload=/usr/sbin/nft -f /etc/platform/firewall.nft

[Install]
WantedBy=sysinit.target
END_05805d763c95

put_file '/etc/systemd/system/platform-default-route.service' 'root' 'root' '0644' <<'END_9c5b527ae73a'
[Unit]
Description=Default route and resolvers of a machine without a public address
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-default-route
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END_9c5b527ae73a

put_file '/usr/local/sbin/platform-default-route' 'root' 'root' '0755' <<'END_7e865112ee84'
#!/bin/bash
# Keeps the default route and the resolvers of a machine without a public address.
#   check   exit status 1 when one of them is not there, and says which
set -u
gateway() { ip -4 route show | awk '$2 == "via" && $1 ~ /\// { print $3; exit }'; }
has_route() { ip -4 route show default | grep -q "^default via $1 "; }
resolvers() { printf 'nameserver %s\n' 185.12.64.1 185.12.64.2; }
has_resolvers() { resolvers | cmp -s - /etc/resolv.conf; }

if [ "${1:-}" = check ]; then
  router=$(gateway)
  [ -n "$router" ] || { echo "no route into the private network: the interface has no lease"; exit 1; }
  has_route "$router" || { echo "no default route through $router: systemctl status platform-default-route.service"; exit 1; }
  has_resolvers || { echo "/etc/resolv.conf does not name the resolvers: systemctl status platform-default-route.service"; exit 1; }
  exit 0
fi

keep() {
  local router
  router=$(gateway)
  if [ -n "$router" ] && ! has_route "$router"; then
    ip -4 route replace default via "$router" && echo "set the default route through $router"
  fi
  if ! has_resolvers; then
    # A link would lead to whoever else writes it.
    rm -f /etc/.resolv.conf.platform
    resolvers >/etc/.resolv.conf.platform && mv -f /etc/.resolv.conf.platform /etc/resolv.conf && echo "wrote /etc/resolv.conf"
  fi
}

# The kernel tells of every change; the clock is for the file, and for a change between looking and listening.
exec {changes}< <(exec ip monitor route link address)
while :; do
  keep
  IFS= read -r -t 10 -u "$changes" _
  status=$?
  # Above 128 the time is over; else the kernel's messages ended, and systemd starts all this again.
  if [ "$status" -ne 0 ]; then [ "$status" -gt 128 ] || exit 1; fi
  # Changes come in crowds, when Docker starts containers for example.
  sleep 0.2
  for _ in {1..500}; do IFS= read -r -t 0.001 -u "$changes" _ || break; done
done
END_7e865112ee84

put_file '/etc/platform/hosts' 'root' 'root' '0644' <<'END_05edfe9c7fd9'
10.0.1.11 prod-edge1 edge1
10.0.1.12 prod-edge2 edge2
10.0.2.11 prod-app1 app1
10.0.2.12 prod-app2 app2
10.0.3.11 prod-database1 database1
10.0.4.11 prod-storage1 storage1
END_05edfe9c7fd9

put_file '/etc/cloud/cloud.cfg.d/99-platform.cfg' 'root' 'root' '0644' <<'END_b4e3f8844ba5'
manage_etc_hosts: false
preserve_hostname: true
END_b4e3f8844ba5

put_file '/etc/ssh/sshd_config.d/10-platform.conf' 'root' 'root' '0644' 'sshd -t -f "$1"' <<'END_390a474e1dbb'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
X11Forwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
PermitTunnel no
AllowTcpForwarding no
# Which key came in: one account belongs to several people.
LogLevel VERBOSE
# A peer that is gone is noticed inside of the connection, where nobody else can answer for it.
TCPKeepAlive no
ClientAliveInterval 60
ClientAliveCountMax 2
# A bring-up opens several sessions through the bastion at once.
MaxStartups 50:30:100
# The firewall lets nobody else in: one's mistakes must not lock out all who come from the same address.
PerSourcePenaltyExemptList 10.0.1.11,10.0.1.12
KexAlgorithms mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
HostKey /etc/ssh/ssh_host_ed25519_key
END_390a474e1dbb

put_file '/etc/apt/apt.conf.d/99-platform-updates.conf' 'root' 'root' '0644' 'apt-config --config-file="$1" dump >/dev/null' <<'END_8b9ab7e2715f'
// Security updates of Debian, and nothing else, every day.
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "always";
APT::Periodic::Unattended-Upgrade "always";
APT::Periodic::AutocleanInterval "7";
#clear Unattended-Upgrade::Allowed-Origins;
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
  "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
};
// They restart what visitors use: platform-upgrade, one machine at a time.
#clear Unattended-Upgrade::Package-Blacklist;
Unattended-Upgrade::Package-Blacklist {
  "containerd";
  "docker";
  "haproxy";
  "keepalived";
  "nginx";
  "postgresql";
  "redis";
  "runc";
  "valkey";
};
Unattended-Upgrade::MinimalSteps "true";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::InstallOnShutdown "false";
Unattended-Upgrade::SyslogEnable "true";
// A configuration file that this platform wrote stays, and is no question that nobody answers.
Dpkg::Options { "--force-confdef"; "--force-confold"; };
END_8b9ab7e2715f

put_file '/etc/needrestart/conf.d/99-platform.conf' 'root' 'root' '0644' <<'END_29a87672bacc'
$nrconf{restart} = 'l';
END_29a87672bacc

put_file '/etc/systemd/system/apt-daily.timer.d/platform.conf' 'root' 'root' '0644' <<'END_f39cacc1f5d2'
[Timer]
OnCalendar=
OnCalendar=*-*-* 19:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_f39cacc1f5d2

put_file '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf' 'root' 'root' '0644' <<'END_fc65cfb27414'
[Timer]
OnCalendar=
OnCalendar=*-*-* 20:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_fc65cfb27414

put_file '/usr/local/sbin/platform-upgrade' 'root' 'root' '0755' <<'END_eba21840c44d'
#!/bin/bash
# Upgrades this machine, what restarts under visitors' eyes included.
#   (nothing)  says what waits, and what to do before
#   --json     the same for programs
#   --yes      does it: leaves the work to others where there are others, upgrades, takes it up again
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mode=${1:-}
case "$mode" in
  "" | --json | --yes) ;;
  *) echo "usage: platform-upgrade [--json|--yes]" >&2; exit 64 ;;
esac

die() { echo "platform-upgrade: $1" >&2; exit "${2:-1}"; }
waiting() { apt-get --simulate --with-new-pkgs --quiet upgrade | awk '$1 == "Inst" { print $2 (index($0, "Debian-Security:") ? " security" : "") }'; }

reboot_required() {
  local newest
  [ ! -e /run/reboot-required ] || return 0
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && [ "${newest#/boot/vmlinuz-}" != "$(uname -r)" ] && ! systemd-detect-virt --quiet --container
}

# Services that still run libraries which an upgrade has replaced.
stale_services() {
  local maps pid
  for maps in /proc/[0-9]*/maps; do
    grep -qE '/(usr/)?lib/.*\.so[^ ]* \(deleted\)$' "$maps" 2>/dev/null || continue
    pid=${maps#/proc/}
    ps -o unit= -p "${pid%/maps}" || true
  done | grep '\.service$' | grep -v '^user@' | sort -u || true
}

state() {
  local reboot=false last=''
  if reboot_required; then reboot=true; fi
  last=$(stat -c %Y /var/lib/apt/periodic/unattended-upgrades-stamp 2>/dev/null || echo null)
  jq -n --arg host "$(hostname)" --argjson reboot "$reboot" --argjson last "$last" \
    --argjson stale "$(stale_services | jq -Rn '[inputs]')" --argjson waiting "$(waiting | jq -Rn '[inputs]')" \
    '($waiting | map(split(" ") | {name: .[0], security: (.[1] == "security")})) as $all
      | {host: $host, waiting: ($all | map(.name)), security: ($all | map(select(.security) | .name)),
        heldBack: ($all | map(select(.security and (.name | test("^(containerd|docker|haproxy|keepalived|nginx|postgresql|redis|runc|valkey)"))) | .name)),
        staleServices: $stale, rebootRequired: $reboot, lastAutomaticRun: (if $last then $last | todate else null end)}'
}

show() {
  jq -r 'def list: if . == [] then "none" else join(" ") end;
    "\(.host)",
    "security updates that wait   \(.security | list)",
    "of these for you             \(.heldBack | list)",
    "other upgrades               \(.waiting - .security | list)",
    "services with old libraries  \(.staleServices | list)",
    "reboot                       \(if .rebootRequired then "REQUIRED" else "not required" end)",
    "last automatic run           \(.lastAutomaticRun // "none yet")"'
}

admit() {
  for held in /run/platform-database.lock /run/platform-copies.lock; do
    [ ! -e "$held" ] || flock --nonblock "$held" true || die "a backup or restore runs ($(cat "$held.holder" 2>/dev/null || true)): wait for its end" 75
  done
}

drain() {
  :
}

undrain() {
  :
}

update() {
  local try
  # The lock of the lists knows no time limit.
  for try in {1..60}; do
    if apt-get -qq -o Acquire::Retries=3 update; then return 0; fi
    echo "the lists could not be renewed (attempt $try)"
    sleep 5
  done
  return 1
}

if [ "$mode" != --yes ]; then
  now=$(state)
  if [ "$mode" = --json ]; then printf '%s\n' "$now"; else
    show <<<"$now"
    echo 'objects cannot be read for seconds when Docker is upgraded, and nobody stands in: platform-upgrade --yes when few are looking and no backup or restore runs'
  fi
  exit 0
fi

exec 9>/run/platform-setup.lock
flock -w 5 9 || die "a set-up or another upgrade runs on this machine: wait for its end" 75
update || die "the lists of packages could not be renewed; nothing was changed"
admit
failed_units() { systemctl --failed --plain --no-legend | awk '{ print $1 }' | sort; }
failed_before=$(failed_units)
# Whatever happens from here on, the machine goes back to its work.
back_to_work() {
  local status=$?
  undrain || true
  exit "$status"
}
trap back_to_work EXIT
drain
apt-get -q -y -o DPkg::Lock::Timeout=600 --with-new-pkgs upgrade
undrain
trap - EXIT
state | show
failed=$(comm -13 <(printf '%s\n' "$failed_before") <(failed_units) | xargs)
[ -z "$failed" ] || die "these units failed: $failed"
if reboot_required; then echo "reboot when it suits: systemctl reboot, and wait for it before the next machine"; fi
END_eba21840c44d

put_file '/etc/sysctl.d/60-platform.conf' 'root' 'root' '0644' <<'END_143754767005'
# Connections between machines are many and short.
net.ipv4.ip_local_port_range = 10240 65535
net.ipv4.tcp_tw_reuse = 1
net.core.somaxconn = 4096
net.ipv4.tcp_slow_start_after_idle = 0
# A dead peer is noticed in minutes, not in hours.
net.ipv4.tcp_keepalive_time = 120
END_143754767005

put_file '/etc/sysctl.d/62-platform-walls.conf' 'root' 'root' '0644' <<'END_7015a75842bf'
-net.ipv4.conf.*.accept_redirects = 0
-net.ipv4.conf.*.secure_redirects = 0
-net.ipv4.conf.*.send_redirects = 0
-net.ipv4.conf.*.accept_source_route = 0
-net.ipv6.conf.*.accept_redirects = 0
-net.ipv6.conf.*.accept_source_route = 0
-kernel.kptr_restrict = 2
-kernel.dmesg_restrict = 1
-kernel.perf_event_paranoid = 3
-kernel.unprivileged_bpf_disabled = 1
-net.core.bpf_jit_harden = 2
-kernel.yama.ptrace_scope = 1
-kernel.kexec_load_disabled = 1
-kernel.sysrq = 0
-kernel.core_uses_pid = 1
-fs.suid_dumpable = 0
-fs.protected_fifos = 2
-fs.protected_regular = 2
-dev.tty.ldisc_autoload = 0
END_7015a75842bf

put_file '/etc/modprobe.d/platform.conf' 'root' 'root' '0644' <<'END_9c88ac638297'
install dccp /bin/false
install sctp /bin/false
install rds /bin/false
install tipc /bin/false
install cramfs /bin/false
install freevxfs /bin/false
install hfs /bin/false
install hfsplus /bin/false
install jffs2 /bin/false
install usb-storage /bin/false
install uas /bin/false
install firewire-core /bin/false
install firewire-ohci /bin/false
install firewire-sbp2 /bin/false
END_9c88ac638297

put_file '/etc/systemd/journal-upload.conf.d/platform.conf' 'root' 'root' '0644' <<'END_ec081141525c'
[Upload]
URL=http://10.0.4.11:19532
END_ec081141525c

put_file '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf' 'root' 'root' '0644' <<'END_4606acde78a5'
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=2
END_4606acde78a5

put_file '/etc/docker/daemon.json' 'root' 'root' '0644' 'dockerd --validate --config-file "$1"' <<'END_c3328ae6e165'
{
  "mtu": 1450,
  "live-restore": true,
  "log-driver": "journald",
  "userland-proxy": false
}
END_c3328ae6e165

put_file '/etc/systemd/system/platform-network.service' 'root' 'root' '0644' <<'END_e0c1aed5e7a6'
[Unit]
Description=Docker network of the platform's containers
Requires=docker.service
After=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'docker network inspect platform >/dev/null 2>&1 || docker network create --driver bridge --subnet 172.20.0.0/16 --opt com.docker.network.driver.mtu=1450 platform'

[Install]
WantedBy=multi-user.target
END_e0c1aed5e7a6

put_file '/usr/local/sbin/platform-container' 'root' 'root' '0755' <<'END_381e0f11ea7e'
#!/bin/bash
# Runs a container in the foreground: platform-container NAME ARGUMENT-OF-DOCKER-RUN...
# The container is Docker's and not a child of this script: it outlives the engine and this script. One that runs
# already and was made from the same arguments and files is followed, any other is replaced.
set -euo pipefail
name=$1
shift

made_from() {
  local argument path
  printf '%s\0' "$@"
  for argument in "$@"; do
    case $argument in
      --env-file=*) path=${argument#*=} ;;
      --volume=*) path=${argument#*=} path=${path%%:*} ;;
      *) continue ;;
    esac
    [ ! -f "$path" ] || cat "$path"
  done
}
identity=$(made_from "$@" | sha256sum | cut -d' ' -f1)
state() {
  local found
  found=$(docker inspect --type container --format '{{.State.Running}} {{index .Config.Labels "platform.identity"}}' "$name" 2>/dev/null) || found=none
  echo "$found"
}

found=$(state)
if [ "$found" != "true $identity" ]; then
  # One that was just stopped holds its name until it is gone.
  for ((tries = 0; tries < 100; tries++)); do
    [ "$found" != none ] || break
    docker rm --force "$name" >/dev/null 2>&1 || true
    found=$(state)
  done
  docker run --detach --rm --name="$name" --label="platform.identity=$identity" "$@" >/dev/null
fi
until status=$(docker wait "$name" 2>/dev/null); do
  # The engine ends or restarts. Asking it would start it, whatever an operator wants.
  until systemctl is-active --quiet docker.service; do sleep 0.2; done
  [ "$(state)" = "true $identity" ] || { echo "$name ended while Docker was away" >&2; exit 1; }
done
exit "$status"
END_381e0f11ea7e

put_file '/usr/local/sbin/platform-container-log' 'root' 'root' '0755' <<'END_7d4e75c74ef7'
#!/usr/bin/perl
# Writes what Docker sends to the socket on standard input, without what Docker puts in front of each line.
use strict;
use warnings;
vec(my $input = '', 0, 1) = 1;
while (select(my $ready = $input, undef, undef, 60) > 0) {
    defined(sysread STDIN, my $line, 65536) or die "read: $!";
    $line =~ s/^[^@]*@\[\d+\]: //;
    syswrite STDOUT, $line or die "write: $!";
}
END_7d4e75c74ef7

put_file '/etc/systemd/system/platform-container-log@.socket' 'root' 'root' '0644' <<'END_680a7a3d2d96'
[Unit]
Description=Output of the container %i

[Socket]
ListenDatagram=/run/platform-container-log/%i
SocketMode=0600
# A container that logs a line now and then starts the reader as often.
TriggerLimitIntervalSec=0
END_680a7a3d2d96

put_file '/etc/systemd/system/platform-container-log@.service' 'root' 'root' '0644' <<'END_c9704383c351'
[Unit]
Description=Output of the container %i
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container-log
StandardInput=socket
StandardOutput=journal
StandardError=journal
SyslogIdentifier=%i
# journalctl -u finds it under the container's unit.
LogExtraFields=OBJECT_SYSTEMD_UNIT=%i.service
LogRateLimitIntervalSec=10s
LogRateLimitBurst=5000
# After the containers, when the machine stops.
TimeoutStopSec=5
END_c9704383c351

put_file '/usr/local/sbin/platform-image-prune' 'root' 'root' '0755' <<'END_488bbf984c99'
#!/bin/bash
# Removes the container images that no unit names and no container uses; --list only prints them.
set -euo pipefail
case "${1:-}" in
  "" | --list) ;;
  *) echo "usage: platform-image-prune [--list]" >&2; exit 64 ;;
esac

# By digest, which stays the same however an image is called, or by tag.
is_named() {
  local name
  while read -r name; do
    [ -n "$name" ] || continue
    if grep -rqF --include='*.service' -- "${name#*@}" /etc/systemd/system; then return 0; fi
  done < <(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}{{range .RepoTags}}{{println .}}{{end}}' "$1")
  return 1
}

mapfile -t containers < <(docker ps --all --quiet)
used=''
[ "${#containers[@]}" -eq 0 ] || used=$(docker inspect --type container --format '{{.Image}}' "${containers[@]}")
mapfile -t images < <(docker image ls --quiet --no-trunc | sort -u)
for id in "${images[@]}"; do
  if grep -qxF -- "$id" <<<"$used" || is_named "$id"; then continue; fi
  echo "$id $(docker image inspect --format '{{join .RepoTags " "}} {{join .RepoDigests " "}}' "$id")"
  [ -z "${1:-}" ] || continue
  # An image that cannot be removed now is no reason to fail: the next time.
  docker image rm --force "$id" >/dev/null || true
done
END_488bbf984c99

put_file '/etc/sysctl.d/61-platform-listen-early.conf' 'root' 'root' '0644' <<'END_8d9437395082'
net.ipv4.ip_nonlocal_bind = 1
END_8d9437395082

put_file '/etc/systemd/system/srv-storage.mount' 'root' 'root' '0644' <<'END_558ff9a61e2e'
[Unit]
Description=Volume of the storage node

[Mount]
What=/dev/disk/by-id/scsi-0HC_Volume_757788576
Where=/srv/storage
Type=ext4
Options=noatime,discard
TimeoutSec=60

[Install]
WantedBy=multi-user.target
END_558ff9a61e2e

put_file '/etc/sysusers.d/platform-objects.conf' 'root' 'root' '0644' <<'END_8ca35462f9ce'
u objects 900 "Object store"
END_8ca35462f9ce

put_file '/etc/systemd/system/object-store.service.d/storage.conf' 'root' 'root' '0644' <<'END_90c1bd92ef1d'
[Unit]
RequiresMountsFor=/srv/storage
AssertPathExists=/srv/storage/.platform-volume
END_90c1bd92ef1d

put_file '/etc/platform/object-store/root.curl' 'root' 'root' '0600' <<'END_057dfdfc0845'
user = "platform-root:SECRET-platform-storage-objects-root"
aws-sigv4 = "aws:amz:us-east-1:s3"
END_057dfdfc0845

put_file '/etc/platform/object-store/app.curl' 'root' 'root' '0600' <<'END_be0f65f7caa4'
user = "platform-app:SECRET-platform-storage-objects-app"
aws-sigv4 = "aws:amz:us-east-1:s3"
END_be0f65f7caa4

put_file '/etc/platform/object-store/policy.json' 'root' 'root' '0644' <<'END_572830116464'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "platform-app"
        ]
      },
      "Action": [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:GetObjectVersion",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts"
      ],
      "Resource": [
        "arn:aws:s3:::app/*"
      ]
    },
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "platform-app"
        ]
      },
      "Action": [
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads",
        "s3:GetBucketLocation",
        "s3:GetBucketVersioning"
      ],
      "Resource": [
        "arn:aws:s3:::app"
      ]
    }
  ]
}
END_572830116464

put_file '/etc/platform/object-store/create-user.xml' 'root' 'root' '0600' <<'END_4049de3792c1'
<Account><Access>platform-app</Access><Secret>SECRET-platform-storage-objects-app</Secret><Role>user</Role></Account>
END_4049de3792c1

put_file '/etc/platform/object-store/update-user.xml' 'root' 'root' '0600' <<'END_7b71c660183c'
<MutableProps><Secret>SECRET-platform-storage-objects-app</Secret></MutableProps>
END_7b71c660183c

put_file '/usr/local/lib/platform/object-store' 'root' 'root' '0755' <<'END_4873a5db62bb'
#!/bin/bash
# Bucket, user and rights of the application in the object store.
#   is-current          exit status 0 when nothing is to be done
#   apply               makes them what they should be
#   try                 writes, reads and deletes an object as the application does
#   make-bucket NAME    creates a versioned bucket
set -euo pipefail
readonly endpoint=http://10.0.4.11:9000 bucket=app
readonly folder=/etc/platform/object-store

as_root() { curl -fsS -m 30 -K "$folder/root.curl" "$@"; }
as_app() { curl -fsS -m 30 -K "$folder/app.curl" "$@"; }

wanted_policy() { jq -c '[.Statement[] | {Effect, Action: ([.Action] | flatten | sort), Resource: ([.Resource] | flatten | sort)}]' "$folder/policy.json"; }
current_policy() { as_root "$endpoint/$bucket?policy" 2>/dev/null | jq -c '[.Statement[] | {Effect, Action: ([.Action] | flatten | sort), Resource: ([.Resource] | flatten | sort)}]' || echo '[]'; }

apply_user() {
  as_root -o /dev/null -X PATCH --data-binary "@$folder/create-user.xml" "$endpoint/create-user" 2>/dev/null ||
    as_root -o /dev/null -X PATCH --data-binary "@$folder/update-user.xml" "$endpoint/update-user?access=platform-app"
  as_root -o /dev/null -X PUT --data-binary "@$folder/policy.json" "$endpoint/$bucket?policy"
}

make_bucket() {
  as_root -o /dev/null -I "$endpoint/$1" 2>/dev/null || as_root -o /dev/null -X PUT "$endpoint/$1"
  as_root -o /dev/null -X PUT "$endpoint/$1?versioning" --data-binary \
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'
}

try_as_application() {
  local key=$endpoint/$bucket/.platform-check version answer
  version=$(as_app -o /dev/null -D - -X PUT --data-binary checked "$key" | tr -d '\r' | sed -n 's/^x-amz-version-id: //Ip')
  answer=$(as_app "$key")
  # By version, so that checks leave nothing behind.
  as_app -o /dev/null -X DELETE "$key?versionId=$version"
  [ "$answer" = checked ] || { echo "read back: $answer"; return 1; }
}

case "${1:-}" in
  is-current)
    as_app "$endpoint/$bucket?versioning" 2>/dev/null | grep -q '<Status>Enabled</Status>' &&
      [ "$(current_policy | jq -cS 'sort_by(.Action)')" = "$(wanted_policy | jq -cS 'sort_by(.Action)')" ]
    ;;
  apply)
    make_bucket "$bucket"
    apply_user
    ;;
  try) try_as_application ;;
  make-bucket) make_bucket "$2" ;;
  *)
    echo "usage: $0 is-current|apply|try|make-bucket NAME" >&2
    exit 64
    ;;
esac
END_4873a5db62bb

put_file '/etc/systemd/system/object-store.service' 'root' 'root' '0644' <<'END_711a4f201c9f'
[Unit]
Description=Container object-store
After=docker.service platform-network.service platform-container-log@object-store.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@object-store.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container object-store \
  --init \
  --hostname=object-store \
  --network=host \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/object-store \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/object-store.env \
  --env-file=/etc/platform/object-store.secret.env \
  --volume=/srv/storage/objects/versitygw/data:/data \
  --volume=/srv/storage/objects/versitygw/versions:/versions \
  --volume=/srv/storage/objects/versitygw/iam:/iam \
  --user=900:900 \
  --stop-timeout=30 \
  --read-only \
  --tmpfs=/tmp \
  --cap-drop=ALL \
  versity/versitygw@DIGEST-OF-versity/versitygw:v1.8.0 \
  posix \
  --versioning-dir \
  /versions \
  /data
ExecStop=/usr/bin/docker stop --time=30 object-store
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_711a4f201c9f

put_file '/etc/platform/object-store.env' 'root' 'root' '0644' <<'END_2d4158317a79'
VGW_PORT=10.0.4.11:9000
VGW_REGION=us-east-1
VGW_IAM_DIR=/iam
VGW_HEALTH=/health
VGW_QUIET=true
END_2d4158317a79

put_file '/etc/platform/object-store.secret.env' 'root' 'root' '0600' <<'END_f3f51a8694d5'
ROOT_ACCESS_KEY_ID=platform-root
ROOT_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-root
END_f3f51a8694d5

put_file '/usr/local/sbin/platform-object-retention' 'root' 'root' '0755' <<'END_790ec24b4d23'
#!/usr/bin/python3
"""Removes old versions of the application's objects, and uploads that were begun and never finished."""
import base64
import datetime
import hashlib
import subprocess
import urllib.parse
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape

URL = "http://10.0.4.11:9000/app"
CUTOFF = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1209600)
PAGE = 1000


def ask(query, *options, body=None):
    command = ["curl", "-fsS", "-m", "300", "-K", "/etc/platform/object-store/root.curl", *options, URL + "?" + query]
    return xml.fromstring(subprocess.run(command, input=body, check=True, stdout=subprocess.PIPE).stdout)


def plain(tree):
    """Without name spaces, which the engines use differently."""
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree


class Entry:
    def __init__(self, element, decode):
        self.key = decode(element.findtext("Key"))
        self.version = element.findtext("VersionId")
        self.modified = datetime.datetime.fromisoformat(element.findtext("LastModified").replace("Z", "+00:00"))
        self.latest = element.findtext("IsLatest") == "true"
        self.marker = element.tag == "DeleteMarker"


def pages():
    """Lists of entries in which the entries of a key are together."""
    markers, rest = {}, []
    while True:
        query = urllib.parse.urlencode(
            sorted({"encoding-type": "url", "max-keys": PAGE, "versions": "", **markers}.items()),
            quote_via=urllib.parse.quote, safe="",
        )
        page = plain(ask(query))
        decode = urllib.parse.unquote if page.findtext("EncodingType") == "url" else str
        entries = rest + [Entry(element, decode) for element in page if element.tag in ("Version", "DeleteMarker")]
        if page.findtext("IsTruncated") != "true":
            yield entries
            return
        marker = decode(page.findtext("NextKeyMarker"))
        markers = {"key-marker": marker, "version-id-marker": page.findtext("NextVersionIdMarker") or ""}
        # The next page may go on with the last key, after which MinIO notes where its cache stands.
        last = marker.split("[minio_cache:")[0]
        rest = [entry for entry in entries if entry.key == last]
        yield [entry for entry in entries if entry.key != last]


def doomed(entries):
    keys = {}
    for entry in entries:
        # By version: where a page begins within a key, versitygw lists the current one again.
        keys.setdefault(entry.key, {})[entry.version] = entry
    for versions in keys.values():
        versions = sorted(versions.values(), key=lambda entry: (not entry.latest, -entry.modified.timestamp()))
        # What everybody sees stays, whatever its age; and whoever cannot tell it keeps everything.
        if sum(entry.latest for entry in versions) != 1:
            continue
        for newer, entry in zip(versions, versions[1:]):
            if newer.modified < CUTOFF:
                yield entry
        # A mark of deletion hides older versions: it goes last, in a later run, or they would be seen again.
        if len(versions) == 1 and versions[0].marker and versions[0].modified < CUTOFF:
            yield versions[0]


def remove(entries):
    objects = "".join(
        "<Object><Key>%s</Key><VersionId>%s</VersionId></Object>" % (escape(entry.key), escape(entry.version))
        for entry in entries
    )
    body = ('<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>%s</Delete>' % objects).encode()
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    answer = plain(ask("delete=", "-X", "POST", "-H", "Content-MD5: " + digest, "--data-binary", "@-", body=body))
    errors = [error.findtext("Code") + " " + error.findtext("Key") for error in answer.iter("Error")]
    if errors:
        raise SystemExit("not removed: " + ", ".join(errors[:5]))


removed = 0
for page in pages():
    batch = list(doomed(page))
    for start in range(0, len(batch), 500):
        remove(batch[start:start + 500])
    removed += len(batch)
print("removed %d old versions of objects in app" % removed)
subprocess.run("rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 backend cleanup -o max-age=168h objects:app".split(), check=True)
END_790ec24b4d23

put_file '/etc/systemd/system/platform-object-retention.service' 'root' 'root' '0644' <<'END_8e4a52f2d76d'
[Unit]
Description=Retention of old versions of objects
Wants=object-store.service
After=object-store.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/platform-object-retention
Nice=10
IOSchedulingClass=idle
CPUWeight=20
TimeoutStartSec=6h
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
END_8e4a52f2d76d

put_file '/etc/systemd/system/platform-object-retention.timer' 'root' 'root' '0644' <<'END_d568c6f6ee8d'
[Unit]
Description=Daily retention of old versions of objects

[Timer]
OnCalendar=*-*-* 05:23:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
END_d568c6f6ee8d

put_file '/etc/platform/backup/pgpass' 'root' 'root' '0600' <<'END_b735508da737'
10.0.3.11:5432:*:platform_backup:SECRET-platform-database-postgresql-backup
10.0.3.11:5432:*:platform_restore:SECRET-platform-database-postgresql-restore
END_b735508da737

put_file '/etc/platform/backup/rclone.conf' 'root' 'root' '0600' <<'END_8442b903856a'
[objects]
type = s3
provider = Other
no_check_bucket = true
endpoint = http://10.0.4.11:9000
region = us-east-1
access_key_id = platform-root
secret_access_key = SECRET-platform-storage-objects-root
END_8442b903856a

put_file '/usr/local/sbin/platform-backup' 'root' 'root' '0755' <<'END_0c39858fb833'
#!/bin/bash
# Takes one backup of the database and copies it and the objects to every remote.
set -euo pipefail
umask 077
export PGHOST=10.0.3.11 PGPORT=5432 PGPASSFILE=/etc/platform/backup/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=error -c search_path=pg_catalog -c event_triggers=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
# shellcheck disable=SC2034
readonly root=/srv/storage/backups database=app bucket=app

die() {
  echo "$1" >&2
  exit "${2:-1}"
}

# The volume, not the folder beneath its mount.
need_volume() {
  [ -e /srv/storage/.platform-volume ] || die "/srv/storage is not mounted: systemctl status srv-storage.mount says why"
}

declare -A held
# shellcheck disable=SC2317,SC2329
hold() {
  local file=$1 fd stop
  stop="kill -- -$(ps -o pgid= $$ | tr -d ' ')"
  exec {fd}>>"$file"
  if ! flock -n "$fd"; then
    echo "waiting up to an hour for $(cat "$file.holder" 2>/dev/null || echo "another command that holds $file")" >&2
    flock -w 3600 "$fd" || die "gave up waiting: nothing was changed" 75
    echo "going on" >&2
  fi
  if grep -q platform-backup.service /proc/self/cgroup; then stop="systemctl stop platform-backup"; fi
  echo "${0##*/}, process $$, which began at $(date -u +'%F %T') UTC; to stop it: $stop" >"$file.holder"
  held[$file]=$fd
}
# shellcheck disable=SC2317,SC2329
release() {
  local fd=${held[$1]}
  exec {fd}>&-
}

[ $# -eq 0 ] || die "usage: platform-backup" 64
need_volume
hold /run/platform-database.lock
export PGUSER=platform_backup
id=$(date -u +%Y%m%dT%H%M%SZ)
started=$(date -u +%s)
work=$root/.incomplete-$id
step=start

# status.json keeps the last success beside the last attempt.
report() {
  local success
  success=$(cat "$root/last-success" 2>/dev/null || true)
  jq -n --arg backup "$id" --arg result "$1" --arg step "$step" --arg success "$success" --argjson started "$started" \
    --argjson finished "$(date -u +%s)" --argjson copies "$copies" \
    '{backup: $backup, result: $result, step: $step, started: ($started | todate), finished: ($finished | todate),
      seconds: ($finished - $started), lastSuccess: $success, copies: $copies}' >"$root/.status.json"
  chmod 0644 "$root/.status.json"
  mv "$root/.status.json" "$root/status.json"
}
copies='{}'
finish() {
  local status=$?
  # Without its parent a dump would go on, and keep the lock.
  pkill -P $$ || true
  rm -rf "$work"
  if [ "$status" -ne 0 ]; then
    report failure
    echo "backup $id failed at: $step" >&2
  fi
  exit "$status"
}
trap finish EXIT

dump() {
  step="dump of $database"
  mkdir "$work"
  pg_dump --format=directory --jobs="$(( ($(nproc) + 1) / 2 ))" --compress=zstd:3 --no-password --file="$work/$database.dump" "$database"
  step="dump of roles"
  # For the eyes of whoever restores by hand; platform-restore reads the facts.
  pg_dumpall --globals-only --no-role-passwords --no-password --database="$database" >"$work/globals.sql"
  psql -XqAt -w -v ON_ERROR_STOP=1 -d "$database" >"$work/facts.json" <<'SQL'
select jsonb_build_object(
  'roles', (select coalesce(jsonb_agg(jsonb_build_object('name', rolname, 'sql', array[format('create role %I with %s connection limit %s%s', rolname,
      concat_ws(' ', case when rolsuper then 'superuser' else 'nosuperuser' end,
        case when rolinherit then 'inherit' else 'noinherit' end,
        case when rolcreaterole then 'createrole' else 'nocreaterole' end,
        case when rolcreatedb then 'createdb' else 'nocreatedb' end,
        case when rolcanlogin then 'login' else 'nologin' end,
        case when rolreplication then 'replication' else 'noreplication' end,
        case when rolbypassrls then 'bypassrls' else 'nobypassrls' end),
      rolconnlimit, ' valid until ' || quote_literal(rolvaliduntil))]
    || (select array_agg(format('alter role %I set %I to %s', rolname, split_part(entry, '=', 1),
        case when split_part(entry, '=', 1) = any ('{local_preload_libraries,search_path,session_preload_libraries,temp_tablespaces}')
          then coalesce(nullif(substr(entry, strpos(entry, '=') + 1), '""'), '''''')
          else quote_literal(substr(entry, strpos(entry, '=') + 1)) end))
      from pg_db_role_setting, unnest(setconfig) entry where setrole = r.oid and setdatabase = 0)
    || (select array_agg(format('comment on role %I is %L', rolname, description))
      from pg_shdescription where objoid = r.oid and classoid = 'pg_authid'::regclass)) order by r.oid), '[]')
    from pg_roles r where rolname !~ '^pg_' and rolname not in ('postgres', 'platform_backup', 'platform_restore')),
  'grants', (select coalesce(jsonb_agg(jsonb_build_object('roles', jsonb_build_array(g.rolname, m.rolname),
      'sql', format('grant %I to %I with admin %s, inherit %s, set %s', g.rolname, m.rolname, admin_option::text, inherit_option::text, set_option::text),
      'by', format('granted by %I', b.rolname)) order by a.oid), '[]')
    from pg_auth_members a join pg_roles g on g.oid = roleid join pg_roles m on m.oid = member join pg_roles b on b.oid = grantor),
  'parameters', (select coalesce(jsonb_agg(jsonb_build_object('roles', jsonb_build_array(rolname),
      'sql', format('grant %s on parameter %I to %I%s', privilege_type, parname, rolname, case when is_grantable then ' with grant option' end),
      'by', '')), '[]')
    from pg_parameter_acl, aclexplode(paracl) join pg_roles r on r.oid = grantee),
  'tablespaces', (select coalesce(jsonb_object_agg(spcname, relations), '{}') from (
    select spcname, jsonb_agg(c.oid::regclass::text order by c.oid) as relations
    from pg_class c join pg_tablespace t on t.oid = reltablespace where spcname <> 'pg_global' group by spcname) s),
  'views', (select coalesce(jsonb_object_agg(format('%I.%I', nspname, relname),
      case when exists (select from pg_class where relrowsecurity) then
        (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', nspname, relname), false, true, '')))[1]::text::bigint
      end), '{}')
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'm' and relispopulated))
SQL
  jq -e . "$work/facts.json" >/dev/null
}

check() {
  step="check of the dump"
  pg_restore --list "$work/$database.dump" >"$work/contents.txt"
  # Reads and unpacks every byte of the dump.
  pg_restore --file=/dev/null "$work/$database.dump"
  local sums
  sums=$(cd "$work" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
  printf '%s\n' "$sums" >"$work/SHA256SUMS"
  sync -f "$work"
  (cd "$work" && sha256sum --check --quiet --strict SHA256SUMS)
}

publish() {
  step="manifest"
  jq -n --arg id "$id" --arg database "$database" --argjson started "$started" --argjson seconds "$(( $(date -u +%s) - started ))" \
    --arg server "$(psql -XqAt -w -d "$database" -c 'show server_version')" \
    --argjson databaseBytes "$(psql -XqAt -w -d "$database" -c 'select pg_database_size(current_database())')" \
    --argjson bytes "$(du -sb "$work" | cut -f1)" --argjson tables "$(grep -c ' TABLE DATA ' "$work/contents.txt" || true)" \
    '{id: $id, database: $database, server: $server, started: ($started | todate), seconds: $seconds,
      databaseBytes: $databaseBytes, bytes: $bytes, tables: $tables}' >"$work/backup.json"
  sync -f "$work"
  mv "$work" "$root/$id"
  printf '%s\n' "$id" >"$root/.last-success"
  mv "$root/.last-success" "$root/last-success"
  sync -f "$root"
}

# A restore that reads a backup holds its folder.
remove() { flock -n "$root/$1" rm -rf "${root:?}/$1" || echo "backup $1 stays: a restore reads it"; }

# Names are times, so comparing them compares ages. The newest backup stays whatever its age.
expire() {
  step="retention"
  local oldest name
  oldest=$(date -u -d '14 days ago' +%Y%m%dT%H%M%SZ)
  for name in $(cd "$root" && ls -d 2*Z); do
    if [[ "$name" < "$oldest" && "$name" != "$id" ]]; then remove "$name"; fi
  done
}

rm -rf "$root"/.incomplete-* "$root"/.fetched-*
dump
check
publish
release /run/platform-database.lock
hold /run/platform-copies.lock
expire
step=end
report success
echo "backup $id: $(jq -r '"\(.bytes) bytes, \(.tables) tables, \(.seconds) s"' "$root/$id/backup.json")"
END_0c39858fb833

put_file '/usr/local/sbin/platform-restore' 'root' 'root' '0755' <<'END_c10d2fb50a7e'
#!/bin/bash
# Restores a backup of the database.
set -euo pipefail
umask 077
export PGHOST=10.0.3.11 PGPORT=5432 PGPASSFILE=/etc/platform/backup/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=error -c search_path=pg_catalog -c event_triggers=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
# shellcheck disable=SC2034
readonly root=/srv/storage/backups database=app bucket=app

die() {
  echo "$1" >&2
  exit "${2:-1}"
}

# The volume, not the folder beneath its mount.
need_volume() {
  [ -e /srv/storage/.platform-volume ] || die "/srv/storage is not mounted: systemctl status srv-storage.mount says why"
}

declare -A held
# shellcheck disable=SC2317,SC2329
hold() {
  local file=$1 fd stop
  stop="kill -- -$(ps -o pgid= $$ | tr -d ' ')"
  exec {fd}>>"$file"
  if ! flock -n "$fd"; then
    echo "waiting up to an hour for $(cat "$file.holder" 2>/dev/null || echo "another command that holds $file")" >&2
    flock -w 3600 "$fd" || die "gave up waiting: nothing was changed" 75
    echo "going on" >&2
  fi
  if grep -q platform-backup.service /proc/self/cgroup; then stop="systemctl stop platform-backup"; fi
  echo "${0##*/}, process $$, which began at $(date -u +'%F %T') UTC; to stop it: $stop" >"$file.holder"
  held[$file]=$fd
}
# shellcheck disable=SC2317,SC2329
release() {
  local fd=${held[$1]}
  exec {fd}>&-
}

PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off"
export PGUSER=platform_restore
remote_of() {
  case "$1" in
    box) die "there is no storage box: storage.bulk is not storageBox" ;;
    offsite) die "there is no offsite copy: storage.backup.offsite is not set" ;;
  esac
}
beneath_of() {
  case "$1" in
    box) die "there is no storage box: storage.bulk is not storageBox" ;;
    offsite) die "there is no offsite copy: storage.backup.offsite is not set" ;;
  esac
}
folders() {
  local status=0 said
  said=$(mktemp)
  rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 lsf --dirs-only "$1" 2>"$said" || status=$?
  # 3 is rclone's word for a folder that does not exist.
  if [ "$status" = 3 ]; then status=0; elif [ "$status" != 0 ]; then cat "$said" >&2; fi
  rm -f "$said"
  return "$status"
}
first_of() { rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 lsf --recursive --files-only "$1" 2>/dev/null | head -n 1 || true; }
# shellcheck disable=SC2317,SC2329
other_keys() {
  local sealed
  sealed=$(folders "$1" | grep '^sealed-' | tr -d '/' | tr '\n' ' ' || true)
  [ -z "$sealed" ] || echo ", but one of another key (${sealed% }): set that one with pulumi config set --secret backupKey, run pulumi up, and repeat"
}
usage() {
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

backups() {
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
    rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 cat "$remote/backups/$1/backup.json" 2>/dev/null || rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 cat "$beneath/backups/$1/backup.json"
  fi
}
# A rebuilt platform may have saved its new, empty database last: that is not what anybody wants back.
newest() {
  local last='' name tables
  while read -r name; do
    tables=$(manifest "$name" | jq -r .tables) || tables=0
    if [ "${tables:-0}" -gt 0 ]; then
      [ -z "$last" ] || echo "the newest backup $last holds no tables; taking $name, the newest that does (--backup $last takes the other)" >&2
      echo "$name"
      return
    fi
    last=${last:-$name}
  done
  echo "$last"
}

if [ -n "$list" ]; then
  backups
  exit 0
fi
[[ "$target" =~ ^[a-z_][a-z0-9_]{0,62}$ ]] || die "--target-database must be lower-case letters, digits and underscores, at most 63 characters, got '$target'" 64
case "$target" in postgres | template0 | template1 | pg_* | platform_restoring) die "$target belongs to PostgreSQL or the platform: choose another name" 64 ;; esac

need_volume
hold /run/platform-database.lock
# A script from standard input that finds JSON in a variable.
with_json() {
  local file
  file=$(mktemp)
  printf '%s' "$1" >"$file"
  # shellcheck disable=SC2016
  { printf '\\set %s `cat %s`\n' "$2" "$file"; cat; } | psql -XqAt -w -v ON_ERROR_STOP=1 -d "$3" -f - || { rm -f "$file"; return 1; }
  rm -f "$file"
}
sql() { psql -XqAt -w -v ON_ERROR_STOP=1 -d "${2:-postgres}" -c "$1"; }
readonly patience=${PLATFORM_RESTORE_PATIENCE:-30}
rename_both() {
  PGOPTIONS="$PGOPTIONS -c lock_timeout=5s" sql "begin; alter database \"$target\" rename to \"$replaced\"; alter database $working rename to \"$target\"; commit"
}
in_the_way() {
  sql "select '  ' || format(case when backend_type = 'client backend' then 'session' else backend_type end || ' %s of %s from %s, %s since %s UTC: %s', pid, coalesce(usename, '-'), coalesce(host(client_addr), 'the machine itself'), coalesce(state, 'active'), to_char(state_change at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), left(regexp_replace(query, '\s+', ' ', 'g'), 60)) from pg_stat_activity where datname = '$target' and backend_type <> 'autovacuum worker' union all select format('  prepared transaction %s of %s since %s', gid, owner, prepared) from pg_prepared_xacts where database = '$target'"
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

readonly working=platform_restoring
drop_working() {
  # A subscription, though it never ran, would keep its database from going.
  sql "select format('alter subscription %1\$I disable; alter subscription %1\$I set (slot_name = none); drop subscription %1\$I', subname) from pg_subscription join pg_database d on d.oid = subdbid where datname = '$working'" |
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

if [ -z "$id" ]; then id=$(backups | sort -r | newest); fi
[ -n "$id" ] || die "there is no $from backup$([ "$from" = local ] || other_keys "$beneath")"
[[ "$id" =~ ^[0-9TZ]+$ ]] || die "backup '$id' is no backup id: see platform-restore --list" 64
exists=$(sql "select count(*) from pg_database where datname = '$target'")
if [ "$exists" = 1 ] && [ "$overwrite" != "$target" ]; then
  die "database $target exists: choose another name, or add --overwrite $target to replace it (the old one is kept under another name)" 73
fi
if [ "$from" = local ]; then
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
  rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 copy "$place/backups/$id" "$folder"
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
  sed -nE 's/^CREATE ROLE (.*);$/\1/p' "$folder/globals.sql" | { grep -vxE 'postgres|backup|restore' || true; } |
  jq -cRn '{roles: [inputs | {name: ltrimstr("\"") | rtrimstr("\""), sql: ["create role \(.)"]}]}')
# The statements of the database itself, with its new name.
database_sql() {
  pg_restore --create --use-list=<(entries -E '^[0-9]+; [0-9]+ [0-9]+ ((DATABASE|DATABASE PROPERTIES) - |(ACL|COMMENT|SECURITY LABEL) - DATABASE )') --file=- "$archive" |
    sed -E -e '/^\\(connect|restrict|unrestrict) /d' \
      -e "s/^((CREATE|ALTER|COMMENT ON|ALTER ROLE .* IN|(GRANT|REVOKE) .* ON|SECURITY LABEL .* ON) DATABASE) \"?$source\"? /\1 $working /" \
      -e "s/^(GRANT CONNECT ON DATABASE .*) TO backup;/\1 TO platform_backup;/"
}
echo "restoring $id into $target"
filling=1
drop_working
created=$(with_json "$facts" facts postgres <<'SQL'
select set_config('platform.facts', :'facts', false), set_config('platform.created', '', false) \g /dev/null
do $do$
declare
  facts jsonb := current_setting('platform.facts');
  role jsonb;
  statement text;
  created text[] := '{}';
  waiting jsonb;
  later jsonb;
  progress boolean;
begin
  perform set_config('client_min_messages', 'warning', false);
  for role in select * from jsonb_array_elements(facts -> 'roles') loop
    continue when exists (select from pg_roles where rolname = role ->> 'name');
    for statement in select * from jsonb_array_elements_text(role -> 'sql') loop execute statement; end loop;
    created := created || (role ->> 'name');
  end loop;
  select coalesce(jsonb_agg(entry), '[]') into waiting
    from jsonb_array_elements(coalesce(facts -> 'grants', '[]') || coalesce(facts -> 'parameters', '[]')) entry
    where entry -> 'roles' ?| created;
  loop
    later := '[]';
    progress := false;
    for role in select * from jsonb_array_elements(waiting) loop
      begin
        execute concat_ws(' ', role ->> 'sql', role ->> 'by');
        progress := true;
      exception when others then
        later := later || role;
      end;
    end loop;
    waiting := later;
    exit when not progress;
  end loop;
  for role in select * from jsonb_array_elements(waiting) loop
    begin
      execute role ->> 'sql';
    exception when others then
      raise warning '%: %', role ->> 'sql', sqlerrm;
    end;
  end loop;
  perform set_config('platform.created', array_to_string(created, ' '), false);
end
$do$;
select current_setting('platform.created');
SQL
)
[ -z "$created" ] || echo "roles that were missing, now there without passwords: $created"
if [ "$source" != "$database" ]; then
  echo "the backup is of $source: $database becomes a member of that role"
  sql "grant \"$source\" to \"$database\""
fi
sql "$(database_sql | sed -nE '/^CREATE DATABASE /{:a;/;$/!{N;ba};s/ TABLESPACE = ("[^"]*"|[^ ;]+);$/;/;p}')"
sql "alter database $working owner to \"$database\""
# Views are filled last, by rules of their own.
pg_restore --no-password --exit-on-error --jobs="$(nproc)" --no-tablespaces --use-list=<(entries -vE '^[0-9]+; [0-9]+ [0-9]+ MATERIALIZED VIEW DATA ') --dbname="$working" "$archive"
views=$(jq -c '.views // empty' <<<"$facts")
[ -n "$views" ] || views=$(sql "select coalesce(jsonb_object_agg(oid::regclass, null), '{}') from pg_class where relkind = 'm'" "$working")
unfilled=$(with_json "$views" views "$working" <<'SQL'
select set_config('platform.views', :'views', false), set_config('platform.unfilled', '', false) \g /dev/null
begin;
do $do$
declare
  expected jsonb := current_setting('platform.views');
  waiting text[];
  later text[];
  hidden text[] := '{}';
  reasons jsonb := '{}';
  matview text;
  guarded text;
  counted bigint;
  progress boolean;
begin
  select coalesce(array_agg(key), '{}') into waiting from jsonb_object_keys(expected) key;
  loop
    later := '{}';
    progress := false;
    foreach matview in array waiting loop
      begin
        execute 'refresh materialized view ' || matview;
        progress := true;
        if expected ->> matview is not null then
          execute 'select count(*) from ' || matview into counted;
          if counted <> (expected ->> matview)::bigint then hidden := hidden || matview; end if;
        end if;
      exception when others then
        later := later || matview;
        reasons := reasons || jsonb_build_object(matview, sqlerrm);
      end;
    end loop;
    waiting := later;
    exit when not progress;
  end loop;

  -- What a table's own policies hide, and nothing else, comes in here.
  create temporary table secured on commit drop as
    select oid::regclass::text as name from pg_class where relrowsecurity;
  for guarded in select name from secured loop execute format('alter table %s disable row level security', guarded); end loop;
  hidden := hidden || waiting;
  loop
    later := '{}';
    progress := false;
    foreach matview in array hidden loop
      begin
        execute 'refresh materialized view ' || matview;
        execute 'select count(*) from ' || matview into counted;
        if counted is distinct from (expected ->> matview)::bigint then
          raise exception '% rows without row level security, % in the backup', counted, expected ->> matview;
        end if;
        progress := true;
        reasons := reasons - matview;
        waiting := array_remove(waiting, matview);
      exception when others then
        later := later || matview;
      end;
    end loop;
    hidden := later;
    exit when not progress;
  end loop;
  for guarded in select name from secured loop execute format('alter table %s enable row level security', guarded); end loop;
  foreach matview in array hidden loop
    continue when matview = any (waiting);
    execute 'select count(*) from ' || matview into counted;
    reasons := reasons || jsonb_build_object(matview, format('%s rows under its policies, %s in the backup', counted, expected ->> matview));
  end loop;
  perform set_config('platform.unfilled', coalesce((select string_agg(format('%s: %s', key, value), '; ') from jsonb_each_text(reasons)), ''), false);
end
$do$;
commit;
select current_setting('platform.unfilled');
SQL
)
[ -z "$unfilled" ] || echo "materialized views to refresh as the application does: $unfilled" >&2
tables=$(sql "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'" "$working")
expected=$(jq -r .tables "$folder/backup.json")
[ "$tables" -ge "$expected" ] || die "$tables tables were restored, the backup holds $expected"
vacuumdb --no-password --quiet --analyze-only --jobs="$(nproc)" --dbname="$working" ||
  echo "some tables have no statistics for the planner: see the lines above" >&2
jq -r '.tablespaces // {} | to_entries[] | "tablespace \(.key) is not restored: \(.value | join(", ")) went to the default one"' <<<"$facts" >&2
database_sql | sed -E '/^CREATE DATABASE /{:a;/;$/!{N;ba};d}; /^ALTER DATABASE [^ ]+ OWNER TO /d' | psql -XqAt -w -v ON_ERROR_STOP=1 -d postgres -o /dev/null -f -

replaced=''
if [ "$exists" = 1 ]; then
  replaced=${target:0:37}_replaced_$(date -u +%Y%m%dt%H%M%Sz)
  swap
else
  sql "alter database $working rename to \"$target\""
fi
echo "restored $id into $target ($tables tables)${replaced:+; the old database is $replaced}"
END_c10d2fb50a7e

put_file '/usr/local/sbin/platform-restore-objects' 'root' 'root' '0755' <<'END_bd1cdab570c1'
#!/bin/bash
# Copies the objects of a remote into a bucket of the object store.
set -euo pipefail
umask 077
export PGHOST=10.0.3.11 PGPORT=5432 PGPASSFILE=/etc/platform/backup/pgpass PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=error -c search_path=pg_catalog -c event_triggers=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
# shellcheck disable=SC2034
readonly root=/srv/storage/backups database=app bucket=app

die() {
  echo "$1" >&2
  exit "${2:-1}"
}

# The volume, not the folder beneath its mount.
need_volume() {
  [ -e /srv/storage/.platform-volume ] || die "/srv/storage is not mounted: systemctl status srv-storage.mount says why"
}

declare -A held
# shellcheck disable=SC2317,SC2329
hold() {
  local file=$1 fd stop
  stop="kill -- -$(ps -o pgid= $$ | tr -d ' ')"
  exec {fd}>>"$file"
  if ! flock -n "$fd"; then
    echo "waiting up to an hour for $(cat "$file.holder" 2>/dev/null || echo "another command that holds $file")" >&2
    flock -w 3600 "$fd" || die "gave up waiting: nothing was changed" 75
    echo "going on" >&2
  fi
  if grep -q platform-backup.service /proc/self/cgroup; then stop="systemctl stop platform-backup"; fi
  echo "${0##*/}, process $$, which began at $(date -u +'%F %T') UTC; to stop it: $stop" >"$file.holder"
  held[$file]=$fd
}
# shellcheck disable=SC2317,SC2329
release() {
  local fd=${held[$1]}
  exec {fd}>&-
}

remote_of() {
  case "$1" in
    box) die "there is no storage box: storage.bulk is not storageBox" ;;
    offsite) die "there is no offsite copy: storage.backup.offsite is not set" ;;
  esac
}
beneath_of() {
  case "$1" in
    box) die "there is no storage box: storage.bulk is not storageBox" ;;
    offsite) die "there is no offsite copy: storage.backup.offsite is not set" ;;
  esac
}
folders() {
  local status=0 said
  said=$(mktemp)
  rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 lsf --dirs-only "$1" 2>"$said" || status=$?
  # 3 is rclone's word for a folder that does not exist.
  if [ "$status" = 3 ]; then status=0; elif [ "$status" != 0 ]; then cat "$said" >&2; fi
  rm -f "$said"
  return "$status"
}
first_of() { rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 lsf --recursive --files-only "$1" 2>/dev/null | head -n 1 || true; }
# shellcheck disable=SC2317,SC2329
other_keys() {
  local sealed
  sealed=$(folders "$1" | grep '^sealed-' | tr -d '/' | tr '\n' ' ' || true)
  [ -z "$sealed" ] || echo ", but one of another key (${sealed% }): set that one with pulumi config set --secret backupKey, run pulumi up, and repeat"
}
usage() {
  cat >&2 <<'END'
usage: platform-restore-objects [--from box|offsite] --target-bucket NAME [--overwrite NAME]
  --overwrite  repeats the name of the target when it holds objects; their old versions are kept
END
  exit 64
}
from=offsite target='' overwrite=''
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
hold /run/platform-copies.lock
if [ -z "$(first_of "$remote/objects/$bucket")" ]; then
  [ -n "$(first_of "$beneath/objects/$bucket")" ] || die "there is no $from copy of $bucket$(other_keys "$beneath")"
  # Of a former release, in clear text.
  remote=$beneath
fi
/usr/local/lib/platform/object-store make-bucket "$target"
if [ -n "$(rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 lsf --recursive --files-only "objects:$target" | head -n 1 || true)" ] && [ "$overwrite" != "$target" ]; then
  die "bucket $target holds objects: choose another name, or add --overwrite $target (old versions are kept)" 73
fi
rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 copy --fast-list "$remote/objects/$bucket" "objects:$target"
rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 check --download --one-way "$remote/objects/$bucket" "objects:$target"
echo "restored the $from objects into $target: $(rclone --config=/etc/platform/backup/rclone.conf --quiet --retries=3 size --json "objects:$target" | jq -r '"\(.count) objects, \(.bytes) bytes"')"
END_bd1cdab570c1

put_file '/etc/systemd/system/platform-backup.service' 'root' 'root' '0644' <<'END_cbe21247b653'
[Unit]
Description=Backup of the database
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/platform-backup
# The object store and the log archive on this machine come first.
Nice=10
IOSchedulingClass=idle
CPUWeight=20
TimeoutStartSec=12h
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
END_cbe21247b653

put_file '/etc/systemd/system/platform-backup.timer' 'root' 'root' '0644' 'systemd-analyze calendar '\''*-*-* 02:00:00 UTC'\'' >/dev/null' <<'END_e1c99a7e2e8b'
[Unit]
Description=Nightly backup of the database

[Timer]
OnCalendar=*-*-* 02:00:00 UTC
# A machine that was off at that time catches up.
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
END_e1c99a7e2e8b

put_file '/etc/systemd/system/platform-backup.service.d/storage.conf' 'root' 'root' '0644' <<'END_90c1bd92ef1d'
[Unit]
RequiresMountsFor=/srv/storage
AssertPathExists=/srv/storage/.platform-volume
END_90c1bd92ef1d

put_file '/etc/systemd/system/systemd-journal-remote.service.d/storage.conf' 'root' 'root' '0644' <<'END_90c1bd92ef1d'
[Unit]
RequiresMountsFor=/srv/storage
AssertPathExists=/srv/storage/.platform-volume
END_90c1bd92ef1d

put_file '/etc/systemd/journal-remote.conf.d/platform.conf' 'root' 'root' '0644' <<'END_f18d6f7372ef'
[Remote]
SplitMode=host
# Small files: retention removes whole ones.
MaxFileSize=64M
MaxUse=409600000000
MaxFiles=100000
END_f18d6f7372ef

put_file '/etc/systemd/system/systemd-journal-remote.socket.d/platform.conf' 'root' 'root' '0644' <<'END_27b73123ee5f'
[Socket]
ListenStream=
ListenStream=10.0.4.11:19532
FreeBind=yes
END_27b73123ee5f

put_file '/etc/systemd/system/systemd-journal-remote.service.d/platform.conf' 'root' 'root' '0644' <<'END_1c585e7d06d5'
[Unit]
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=/usr/lib/systemd/systemd-journal-remote --listen-http=-3 --split-mode=host --output=/srv/storage/logs
LogsDirectory=
ReadWritePaths=/srv/storage/logs
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END_1c585e7d06d5

put_file '/usr/local/sbin/platform-log-retention' 'root' 'root' '0755' <<'END_85eb9fbd8a09'
#!/bin/bash
# Ends the day's files of the log archive and removes old ones, by age and by size.
set -euo pipefail
cd /srv/storage/logs
if ! compgen -G "remote-*@$(date -u +%Y%m%d)T*.journal" >/dev/null; then
  now=$(date -u +%Y%m%dT%H%M%SZ)
  # The writer keeps its files open; machines that send meanwhile wait and repeat what was not confirmed.
  systemctl stop --no-warn systemd-journal-remote.service
  trap 'systemctl start systemd-journal-remote.service' EXIT
  for file in remote-*.journal; do
    [[ -e "$file" && "$file" != *@* ]] || continue
    mv "$file" "${file%.journal}@$now.journal"
  done
fi
find . -maxdepth 1 -name 'remote-*@*.journal*' -mtime +30 -print -delete

excess=$(( $(du --summarize --block-size=1 . | cut -f1) - 409600000000 ))
mapfile -t oldest < <(find . -maxdepth 1 -name 'remote-*@*.journal*' -printf '%T@ %b %f\n' | sort -n)
for entry in "${oldest[@]}"; do
  [ "$excess" -gt 0 ] || break
  read -r _ blocks file <<<"$entry"
  echo "the archive takes more than 409600000000 bytes: removing $file"
  rm -f "$file"
  excess=$(( excess - blocks * 512 ))
done
END_85eb9fbd8a09

put_file '/etc/systemd/system/platform-log-retention.service' 'root' 'root' '0644' <<'END_e0e05a1ef86c'
[Unit]
Description=Retention of the log archive
RequiresMountsFor=/srv/storage

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/platform-log-retention
Nice=10
IOSchedulingClass=idle
END_e0e05a1ef86c

put_file '/etc/systemd/system/platform-log-retention.timer' 'root' 'root' '0644' <<'END_00b641730c01'
[Unit]
Description=Retention of the log archive

[Timer]
OnCalendar=*-*-* *:07:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
END_00b641730c01

put_file '/usr/local/sbin/platform-logs' 'root' 'root' '0755' <<'END_9eda8be7de7a'
#!/bin/bash
# Searches the log archive.
set -euo pipefail
usage() {
  cat >&2 <<'END'
usage: platform-logs [--host NAME] [--unit NAME] [--grep PATTERN] [--since TIME] [--until TIME] [--lines N] [--follow]
  --host   host name of a machine: prod-app1
  --unit   systemd unit or container: haproxy, web-1
  --since  as journalctl: "2026-01-31 12:00", "1 hour ago"
END
  exit 64
}
arguments=(--directory=/srv/storage/logs --no-pager --output=short-iso --quiet)
host='' unit='' follow='' pattern='' last=+1 lines=()
while [ $# -gt 0 ]; do
  case "$1" in
    --follow) follow=yes arguments+=(--follow); shift; continue ;;
    --host | --unit | --grep | --since | --until | --lines) [ $# -ge 2 ] || usage ;;
    *) usage ;;
  esac
  case "$1" in
    --host) host=$2 ;;
    --unit) unit=${2%.service} ;;
    --grep) pattern=$2 arguments+=("--grep=$2") ;;
    --since) arguments+=("--since=$2") ;;
    --until) arguments+=("--until=$2") ;;
    --lines) lines=("--lines=$2") last=$2 ;;
  esac
  shift 2
done
# The matches of one machine, in the array that journalctl takes.
match() {
  matches=("_HOSTNAME=$1")
  # The output of a unit, or what a program logged under that name.
  [ -z "$unit" ] || matches=("_SYSTEMD_UNIT=$unit.service" "${matches[@]}" + "SYSLOG_IDENTIFIER=$unit" "${matches[@]}")
}
# HAProxy's requests come by many in one entry. As journalctl, a pattern without capitals means both.
each_request() {
  perl -e '
    my $pattern = shift;
    $pattern = $pattern =~ /[[:upper:]]/ ? qr/$pattern/ : qr/$pattern/i;
    my ($head, $indent) = ("", 0);
    $| = 1;
    while (<STDIN>) {
      if (s/^(\d{4}-\S+ \S+ haproxy(?:\[\d+\])?: )//) { ($head, $indent) = ($1, length $1) }
      elsif (/^\d{4}-/ or not $indent) { $indent = 0; print; next }
      else { s/^ {0,$indent}// }
      print $head, $_ if /$pattern/;
    }' -- "$pattern"
}
if [ -n "$follow" ]; then
  matches=(${unit:+"SYSLOG_IDENTIFIER=$unit"})
  [ -z "$host" ] || match "$host"
  journalctl "${arguments[@]}" "${lines[@]}" "${matches[@]}" | each_request
  exit
fi

# Machine by machine, then sorted by time: in one pass over the files of several machines journalctl loses its
# place between their boots and leaves entries out. Continuation lines stay with their first line.
machines() { if [ -n "$host" ]; then echo "$host"; else journalctl --directory="/srv/storage/logs" --quiet --field=_HOSTNAME | sort; fi; }
found=$(machines | while read -r name; do
  match "$name"
  journalctl "${arguments[@]}" "${lines[@]}" "${matches[@]}" || true
done | each_request | awk '/^[0-9][0-9][0-9][0-9]-/ { if (NR > 1) print line; line = $0; next } { line = line "\001" $0 } END { if (NR) print line }' |
  LC_ALL=C sort -s -k1,1 | tail -n "$last" | tr '\001' '\n')
[ -n "$found" ] || exit 1
printf '%s\n' "$found"
END_9eda8be7de7a

put_file '/usr/local/sbin/platform-status' 'root' 'root' '0755' <<'END_61c7c7a36dbf'
#!/bin/bash
# State of this machine, part by part, and what is wrong with it.
set -euo pipefail
export LC_ALL=C.UTF-8
usage="usage: platform-status [--json]
  (nothing)  a table for people
  --json     the same for programs: up is true, false, or null when it cannot be told
exit status: 0 all is up, 1 something is down, 2 it cannot be told"

probe_defaultRoute() {
{ /usr/local/sbin/platform-default-route check || true; } | jq -Rn '{reasons: [inputs]}'
}

probe_journalUpload() {
{ systemctl is-active --quiet systemd-journal-upload.service ||
  echo "the log archive is not reached: see journalctl -u systemd-journal-upload"; } | jq -Rn '{reasons: [inputs]}'
}

probe_clock() {
if systemd-detect-virt --quiet --container; then
  jq -n '{reasons: [], keptBy: "the host"}'
  return
fi
jq -n --arg synchronized "$(timedatectl show --property=NTPSynchronized --value)" --argjson up "$(cut -d. -f1 /proc/uptime)" \
  '{keptBy: "time servers", reasons: [if $synchronized == "yes" or $up < 600 then empty else "no time server is reached" end]}'
}

probe_units() {
systemctl --failed --plain --no-legend | awk '{ print $1 " failed: see journalctl -u " $1 }' | jq -Rn '{reasons: [inputs]}'
}

probe_updates() {
reboot_required() {
  local newest
  [ ! -e /run/reboot-required ] || return 0
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && [ "${newest#/boot/vmlinuz-}" != "$(uname -r)" ] && ! systemd-detect-virt --quiet --container
}
local last since reboot=false
if reboot_required; then reboot=true; fi
last=$(stat -c %Y /var/lib/apt/periodic/unattended-upgrades-stamp 2>/dev/null || echo null)
since=$last
# A new machine has time until its first run.
if [ "$last" = null ]; then since=$(stat -c %Y /etc/apt/apt.conf.d/99-platform-updates.conf); fi
jq -n --argjson last "$last" --argjson since "$since" --argjson reboot "$reboot" \
  '{lastAutomaticRun: (if $last then $last | todate else null end), rebootRequired: $reboot,
    reasons: [if now - $since > 259200 then "security updates have not run since \($since | todate): see journalctl -u apt-daily-upgrade" else empty end]}'
}

probe_volume() {
file_systems() {
  { df --output=target,pcent,ipcent "$@" 2>/dev/null || true; } | tail -n +2 | sort -u |
    jq -Rn '[inputs | [splits(" +")] | {path: .[0], usedPercent: (.[1] | rtrimstr("%") | tonumber? // 0), inodesPercent: (.[2] | rtrimstr("%") | tonumber? // 0)}]
      | {list: ., reasons: map(
          (select(.usedPercent > 85) | "\(.path) is full: \(.usedPercent) %"),
          (select(.inodesPercent > 85) | "\(.path) is full: \(.inodesPercent) % of its inodes"))}
      | {up: (.reasons == []), list, reasons}'
}
[ -e /srv/storage/.platform-volume ] || { printf '{"reasons":["not mounted"]}'; return; }
df --block-size=1 --output=size,used /srv/storage | tail -n 1 |
  jq -R --argjson full "$(file_systems /srv/storage)" '[splits(" +") | select(. != "") | tonumber]
    | {bytes: .[0], usedBytes: .[1], reasons: $full.reasons}'
}

probe_objectStore() {
{ /usr/local/lib/platform/object-store try >/dev/null 2>&1 || echo "does not answer"; { if systemctl is-failed --quiet platform-object-retention.service; then echo "platform-object-retention.service failed: see journalctl -u platform-object-retention.service"; fi; }; } |
  jq -Rn '{engine: "versitygw", bucket: "app", reasons: [inputs]}'
}

probe_backup() {
# missed_since TIME [COUNT]: whether so many times of the schedule (1) have passed since then, in seconds of the epoch.
missed_since() {
  local due
  due=$(TZ=UTC LC_ALL=C systemd-analyze calendar --iterations="${2:-1}" --base-time="@$1" '*-*-* 02:00:00 UTC' |
    sed -nE 's/^ *(Next elapse|Iter[a-z.]* #[0-9]+): //p' | sed -n "${2:-1}p")
  [ -n "$due" ] && [ "$due" != never ] && [ "$(( $(date -u -d "$due" +%s) + 600 ))" -lt "$(date +%s)" ]
}

# 20260131T020003Z as seconds of the epoch; 0 for anything else.
time_of() { date -u -d "$(sed -nE 's/^(....)(..)(..)T(..)(..)(..)Z$/\1-\2-\3 \4:\5:\6/p' <<<"$1")" +%s 2>/dev/null || echo 0; }

backup() {
  local last next count success since lock running=false missed=false
  last=$(jq -e . /srv/storage/backups/status.json 2>/dev/null) || last={}
  next=$(systemctl show --property=NextElapseUSecRealtime --value platform-backup.timer)
  count=$(find /srv/storage/backups -mindepth 1 -maxdepth 1 -type d -name '2*Z' 2>/dev/null | wc -l)
  success=$(jq -r '.lastSuccess // ""' <<<"$last")
  # A backup that took longer than the schedule's pause counts from its end.
  if [ "$(jq -r .result <<<"$last")" = success ]; then since=$(date -u -d "$(jq -r .finished <<<"$last")" +%s); else since=$(time_of "$success"); fi
  if [ -z "$success" ]; then since=$(stat -c %Y /etc/systemd/system/platform-backup.timer /usr/local/sbin/platform-backup 2>/dev/null | sort -n | tail -n 1); fi
  for lock in /run/platform-database.lock /run/platform-copies.lock; do
    if [ -e "$lock" ] && ! flock --nonblock "$lock" true; then running=true; fi
  done
  # One that runs may still become the success that is due, not the ones before it.
  if [ -n "$since" ] && missed_since "$since" "$([ "$running" = true ] && echo 2 || echo 1)"; then missed=true; fi
  local gone=false fresh=false
  if [ -n "$success" ] && [ ! -d "/srv/storage/backups/$success" ]; then gone=true; fi
  # A copy that was configured after the last backup is made by the next one.
  if ! missed_since "$(stat -c %Y /etc/systemd/system/platform-backup.timer /usr/local/sbin/platform-backup 2>/dev/null | sort -n | tail -n 1)"; then fresh=true; fi
  jq -n --argjson last "$last" --arg next "$next" --argjson count "$count" --argjson copies '[]' --arg success "$success" \
    --argjson running "$running" --argjson missed "$missed" --argjson gone "$gone" --argjson fresh "$fresh" \
    '{last: $last, kept: $count, next: $next, copies: $copies, running: $running, reasons: [
        (if $next == "" and ($running | not) then "the timer does not run" else empty end),
        (if $last.result == "failure" then "the last run failed at: \($last.step)" else empty end),
        (if $missed and $success == "" then "none was ever made, although one was due" else empty end),
        (if $missed and $success != "" then "the last success is older than the schedule allows: \($success)" else empty end),
        (if $gone then "the last one is no longer on the volume: \($success)" else empty end),
        ($copies[] as $copy | ($last.copies // {})[$copy] |
          if . == "failure" then "the \($copy) copy failed" elif . == null and $last.result == "success" and ($fresh | not) then "there is no \($copy) copy" else empty end)]}
    | {up: (.reasons == [])} + .'
}
backup
}

probe_logArchive() {
senders() {
  find /srv/storage/logs -name 'remote-*.journal' -printf '%f\n' 2>/dev/null | sed 's/^remote-//; s/@.*//; s/\.journal$//' | sort -u |
    while read -r address; do
      getent hosts "$address" | awk '{print $2}' | grep . || printf '%s\n' "$address"
    done
}
{ systemctl is-active --quiet systemd-journal-remote.socket || echo "takes no logs"; { if systemctl is-failed --quiet platform-log-retention.service; then echo "platform-log-retention.service failed: see journalctl -u platform-log-retention.service"; fi; }; } |
  jq -Rn --argjson bytes "$(du -sb /srv/storage/logs 2>/dev/null | cut -f1 || echo 0)" --argjson hosts "$(senders | jq -Rn '[inputs]')" \
    '{bytes: $bytes, hosts: $hosts, reasons: [inputs]}'
}

probe_fileSystems() {
file_systems() {
  { df --output=target,pcent,ipcent "$@" 2>/dev/null || true; } | tail -n +2 | sort -u |
    jq -Rn '[inputs | [splits(" +")] | {path: .[0], usedPercent: (.[1] | rtrimstr("%") | tonumber? // 0), inodesPercent: (.[2] | rtrimstr("%") | tonumber? // 0)}]
      | {list: ., reasons: map(
          (select(.usedPercent > 85) | "\(.path) is full: \(.usedPercent) %"),
          (select(.inodesPercent > 85) | "\(.path) is full: \(.inodesPercent) % of its inodes"))}
      | {up: (.reasons == []), list, reasons}'
}
file_systems / /var/lib/docker
}

case "${1:-} $#" in
  " 0" | "--json 1") ;;
  "--help 1" | "-h 1") echo "$usage"; exit 0 ;;
  "--probe 2")
    case "$2" in
      defaultRoute) probe_defaultRoute ;;
      journalUpload) probe_journalUpload ;;
      clock) probe_clock ;;
      units) probe_units ;;
      updates) probe_updates ;;
      volume) probe_volume ;;
      objectStore) probe_objectStore ;;
      backup) probe_backup ;;
      logArchive) probe_logArchive ;;
      fileSystems) probe_fileSystems ;;
    esac
    exit
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "platform-status: only root can ask all parts" >&2; exit 2; }
work=$(mktemp -d -p /run platform-status.XXXXXXXX) || exit 2
trap 'rm -rf "$work"' EXIT

ask() {
  local status=0
  timeout --kill-after=5 30 bash "$0" --probe "$1" >"$work/$1" 2>"$work/$1.error" </dev/null || status=$?
  jq -cn --arg name "$1" --rawfile told "$work/$1" --rawfile error "$work/$1.error" --argjson status "$status" '(try ($told | fromjson) catch null) as $part
  | ($error | split("\n") | map(select(. != "")) | last) as $said
  | {($name): (if $status == 0 and ($part | type) == "object" and ($part.reasons | type) == "array"
      then $part + {up: ($part.reasons == [])}
      elif $status == 124 then {up: null, reasons: ["cannot tell: no answer within 30 s"]}
      else {up: null, reasons: ["cannot tell: \($said // (if $status == 0 then "no JSON object" else "exit status \($status)" end))"]} end)}' >"$work/$1.judged"
}
for name in defaultRoute journalUpload clock units updates volume objectStore backup logArchive fileSystems; do ask "$name" & done
wait
status=$(for name in defaultRoute journalUpload clock units updates volume objectStore backup logArchive fileSystems; do cat "$work/$name.judged"; done |
  jq -s --arg host "$(hostname)" 'add as $parts | [$parts[].up] as $ups | {host: $host} + $parts + {
    reasons: [$parts | to_entries[] | .key as $part | .value.reasons[] | "\($part): \(.)"],
    up: (if any($ups[]; . == false) then false elif any($ups[]; . == null) then null else true end)}') || exit 2
if [ "${1:-}" = --json ]; then printf '%s
' "$status"; else jq -r 'def row($title; details): (try [details] catch []) as $more
    | $title + (if .up then "up" elif .up == false then "DOWN: " + (.reasons | join("; ")) else "UNKNOWN: " + (.reasons | join("; ")) end)
      + (if ($more[0] // "") == "" then "" else ", " + $more[0] end),
      ($more[1:][] | "                " + .);
  def mb: (. / 1048576 | floor | tostring) + " MiB";
  def gb: (. / 1e8 | floor / 10 | tostring) + " GB";
  .host, (.defaultRoute | row("default route   "; empty)),
    (.journalUpload | row("journal upload  "; empty)),
    (.clock | row("clock           "; "kept by \(.keptBy)")),
    (.units | row("units           "; empty)),
    (.updates | row("updates         "; "last automatic run \(.lastAutomaticRun // "not yet")" + (if .rebootRequired then ", reboot REQUIRED: platform-upgrade" else "" end))),
    (.volume | row("volume          "; select(.bytes) | "\(.usedBytes | gb) of \(.bytes | gb) used")),
    (.objectStore | row("object store    "; "\(.engine), bucket \(.bucket)")),
    (.backup | row("backup          "; (.last | if .result == null then "none yet" else "\(.result) at \(.finished), last success \(.lastSuccess)" + (.copies | to_entries | map(", \(.key) \(.value)") | add // "") end)
      + ", \(.kept) kept, " + (if .running then "running now, " else "" end) + "next \(.next)")),
    (.logArchive | row("log archive     "; "\(.bytes | gb), \(.hosts | join(" "))")),
    (.fileSystems | row("disks           "; .list | map("\(.path) \(.usedPercent) %") | join(", ")))' <<<"$status"; fi
case "$(jq .up <<<"$status")" in
  true) exit 0 ;;
  false) exit 1 ;;
  *) exit 2 ;;
esac
END_61c7c7a36dbf

remove_orphans

stage 'early units'

starting=() restarting=() reloading=()
if unit_is_current 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'; then starting+=('platform-firewall.service'); else reloading+=('platform-firewall.service'); fi
if unit_is_current 'platform-default-route.service' '/usr/local/sbin/platform-default-route' '/etc/systemd/system/platform-default-route.service'; then starting+=('platform-default-route.service'); else restarting+=('platform-default-route.service'); fi
if unit_is_current 'docker.service' '/etc/docker/daemon.json'; then starting+=('docker.service'); else restarting+=('docker.service'); fi
if unit_is_current 'platform-network.service' '/etc/systemd/system/platform-network.service'; then starting+=('platform-network.service'); else restarting+=('platform-network.service'); fi
if unit_is_current 'srv-storage.mount' '/etc/systemd/system/srv-storage.mount'; then starting+=('srv-storage.mount'); else restarting+=('srv-storage.mount'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
record_unit 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'
record_unit 'platform-default-route.service' '/usr/local/sbin/platform-default-route' '/etc/systemd/system/platform-default-route.service'
record_unit 'docker.service' '/etc/docker/daemon.json'
record_unit 'platform-network.service' '/etc/systemd/system/platform-network.service'
record_unit 'srv-storage.mount' '/etc/systemd/system/srv-storage.mount'

if ! bash -c '[ "$(hostname)" = prod-storage1 ] && [ "$(cat /etc/hostname)" = prod-storage1 ]'; then
  stage 'host name prod-storage1' 'host name prod-storage1'
  bash -c 'set -euo pipefail
echo prod-storage1 >/etc/.hostname.platform && chmod 0644 /etc/.hostname.platform && mv /etc/.hostname.platform /etc/hostname && hostname prod-storage1'
fi

if ! bash -c '{ sed '\''/^# platform begin$/,/^# platform end$/d'\'' /etc/hosts; echo '\''# platform begin'\''; cat /etc/platform/hosts; echo '\''# platform end'\''; } | cmp -s - /etc/hosts'; then
  stage 'names of the machines in /etc/hosts' 'names of the machines in /etc/hosts'
  bash -c 'set -euo pipefail
{ sed '\''/^# platform begin$/,/^# platform end$/d'\'' /etc/hosts; echo '\''# platform begin'\''; cat /etc/platform/hosts; echo '\''# platform end'\''; } >/etc/.hosts.platform && chmod 0644 /etc/.hosts.platform && mv /etc/.hosts.platform /etc/hosts'
fi

if ! bash -c '! systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer 2>/dev/null | grep -q masked'; then
  stage 'timers of security updates are not masked' 'timers of security updates are not masked'
  bash -c 'set -euo pipefail
systemctl unmask apt-daily.timer apt-daily-upgrade.timer'
fi

if ! bash -c 'held() {
  local value=$1 file
  shift
  for file in "$@"; do
    [ ! -w "$file" ] || [ "$(cat "$file")" = "$value" ] || return 1
  done
}
held 0 /proc/sys/net/ipv4/conf/*/accept_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/secure_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/send_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/accept_source_route &&
held 0 /proc/sys/net/ipv6/conf/*/accept_redirects &&
held 0 /proc/sys/net/ipv6/conf/*/accept_source_route &&
held 2 /proc/sys/kernel/kptr_restrict &&
held 1 /proc/sys/kernel/dmesg_restrict &&
held 3 /proc/sys/kernel/perf_event_paranoid &&
held 1 /proc/sys/kernel/unprivileged_bpf_disabled &&
held 2 /proc/sys/net/core/bpf_jit_harden &&
held 1 /proc/sys/kernel/yama/ptrace_scope &&
held 1 /proc/sys/kernel/kexec_load_disabled &&
held 0 /proc/sys/kernel/sysrq &&
held 1 /proc/sys/kernel/core_uses_pid &&
held 0 /proc/sys/fs/suid_dumpable &&
held 2 /proc/sys/fs/protected_fifos &&
held 2 /proc/sys/fs/protected_regular &&
held 0 /proc/sys/dev/tty/ldisc_autoload'; then
  stage 'what the kernel keeps to itself' 'what the kernel keeps to itself'
  bash -c 'set -euo pipefail
sysctl --quiet --ignore --load=/etc/sysctl.d/62-platform-walls.conf'
fi

if ! bash -c '[ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" = 1 ]'; then
  stage 'services may listen before the network is up' 'services may listen before the network is up'
  bash -c 'set -euo pipefail
sysctl --quiet --ignore --load=/etc/sysctl.d/61-platform-listen-early.conf'
fi

if ! bash -c 'size=$(blockdev --getsize64 /dev/disk/by-id/scsi-0HC_Volume_757788576) && blocks=$(stat -f -c '\''%b %S'\'' /srv/storage) && [ $(( ${blocks% *} * ${blocks#* } )) -ge $(( size / 100 * 93 )) ]'; then
  stage 'file system fills the volume' 'file system fills the volume'
  bash -c 'set -euo pipefail
resize2fs /dev/disk/by-id/scsi-0HC_Volume_757788576'
fi

if ! bash -c '[ "$(cat /srv/storage/.platform-volume 2>/dev/null)" = ID-OF-platform-storage-volume ]'; then
  stage 'marker of the volume' 'marker of the volume'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage || { echo "/srv/storage is not mounted: volume ID-OF-platform-storage-volume is not attached or has no ext4 file system"; exit 1; }
echo ID-OF-platform-storage-volume >/srv/storage/.platform-volume'
fi

if ! bash -c '/usr/local/lib/platform/judge-objects /etc/platform/stores/objects >/dev/null'; then
  stage 'objects are where the settings say' 'objects are where the settings say'
  bash -c 'set -euo pipefail
/usr/local/lib/platform/judge-objects /etc/platform/stores/objects'
fi

if ! bash -c '[ "$(id -u objects 2>/dev/null)" = 900 ]'; then
  stage 'user of the object store' 'user of the object store'
  bash -c 'set -euo pipefail
systemd-sysusers /etc/sysusers.d/platform-objects.conf'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/objects 2>/dev/null)" = objects:objects:750 ]'; then
  stage 'folder /srv/storage/objects' 'folder /srv/storage/objects'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o objects -g objects -m 750 /srv/storage/objects'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/objects/versitygw 2>/dev/null)" = objects:objects:750 ]'; then
  stage 'folder /srv/storage/objects/versitygw' 'folder /srv/storage/objects/versitygw'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o objects -g objects -m 750 /srv/storage/objects/versitygw'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/objects/versitygw/data 2>/dev/null)" = objects:objects:750 ]'; then
  stage 'folder /srv/storage/objects/versitygw/data' 'folder /srv/storage/objects/versitygw/data'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o objects -g objects -m 750 /srv/storage/objects/versitygw/data'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/objects/versitygw/versions 2>/dev/null)" = objects:objects:750 ]'; then
  stage 'folder /srv/storage/objects/versitygw/versions' 'folder /srv/storage/objects/versitygw/versions'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o objects -g objects -m 750 /srv/storage/objects/versitygw/versions'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/objects/versitygw/iam 2>/dev/null)" = objects:objects:750 ]'; then
  stage 'folder /srv/storage/objects/versitygw/iam' 'folder /srv/storage/objects/versitygw/iam'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o objects -g objects -m 750 /srv/storage/objects/versitygw/iam'
fi

if ! bash -c 'docker image inspect versity/versitygw@DIGEST-OF-versity/versitygw:v1.8.0 >/dev/null 2>&1'; then
  stage 'pull versity/versitygw@DIGEST-OF-versity/versitygw:v1.8.0' 'pull versity/versitygw@DIGEST-OF-versity/versitygw:v1.8.0'
  bash -c 'set -euo pipefail
systemctl start docker.service && docker pull -q versity/versitygw@DIGEST-OF-versity/versitygw:v1.8.0'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/backups 2>/dev/null)" = root:root:700 ]'; then
  stage 'folder /srv/storage/backups' 'folder /srv/storage/backups'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o root -g root -m 700 /srv/storage/backups'
fi

if ! bash -c '[ "$(stat -c %U:%G:%a /srv/storage/logs 2>/dev/null)" = systemd-journal-remote:systemd-journal-remote:2750 ]'; then
  stage 'folder /srv/storage/logs' 'folder /srv/storage/logs'
  bash -c 'set -euo pipefail
mountpoint -q /srv/storage && install -d -o systemd-journal-remote -g systemd-journal-remote -m 2750 /srv/storage/logs'
fi

stage 'units'

starting=() restarting=() reloading=()
if unit_is_current 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'; then starting+=('ssh.service'); else reloading+=('ssh.service'); fi
if unit_is_current 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'; then starting+=('apt-daily.timer'); else restarting+=('apt-daily.timer'); fi
if unit_is_current 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'; then starting+=('apt-daily-upgrade.timer'); else restarting+=('apt-daily-upgrade.timer'); fi
if unit_is_current 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'; then starting+=('systemd-sysctl.service'); else restarting+=('systemd-sysctl.service'); fi
if unit_is_current 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'; then starting+=('systemd-journal-upload.service'); else restarting+=('systemd-journal-upload.service'); fi
if unit_is_current 'object-store.service' '/etc/systemd/system/object-store.service' '/etc/platform/object-store.env' '/etc/platform/object-store.secret.env' '/etc/systemd/system/object-store.service.d/storage.conf'; then starting+=('object-store.service'); else restarting+=('object-store.service'); fi
if unit_is_current 'platform-object-retention.timer' '/etc/systemd/system/platform-object-retention.timer' '/etc/systemd/system/platform-object-retention.service'; then starting+=('platform-object-retention.timer'); else restarting+=('platform-object-retention.timer'); fi
if unit_is_current 'platform-backup.timer' '/etc/systemd/system/platform-backup.timer' '/etc/systemd/system/platform-backup.service'; then starting+=('platform-backup.timer'); else restarting+=('platform-backup.timer'); fi
if unit_is_current 'systemd-journal-remote.socket' '/etc/systemd/system/systemd-journal-remote.socket.d/platform.conf'; then starting+=('systemd-journal-remote.socket'); else restarting+=('systemd-journal-remote.socket'); fi
if unit_is_current 'systemd-journal-remote.service' '/etc/systemd/system/systemd-journal-remote.service.d/storage.conf' '/etc/systemd/journal-remote.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-remote.service.d/platform.conf'; then starting+=('systemd-journal-remote.service'); else restarting+=('systemd-journal-remote.service'); fi
if unit_is_current 'platform-log-retention.timer' '/etc/systemd/system/platform-log-retention.timer' '/etc/systemd/system/platform-log-retention.service'; then starting+=('platform-log-retention.timer'); else restarting+=('platform-log-retention.timer'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
wait_until 120 'curl -fsS -m 5 http://10.0.4.11:9000/health >/dev/null'
record_unit 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'
record_unit 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'
record_unit 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'
record_unit 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'
record_unit 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'
record_unit 'object-store.service' '/etc/systemd/system/object-store.service' '/etc/platform/object-store.env' '/etc/platform/object-store.secret.env' '/etc/systemd/system/object-store.service.d/storage.conf'
record_unit 'platform-object-retention.timer' '/etc/systemd/system/platform-object-retention.timer' '/etc/systemd/system/platform-object-retention.service'
record_unit 'platform-backup.timer' '/etc/systemd/system/platform-backup.timer' '/etc/systemd/system/platform-backup.service'
record_unit 'systemd-journal-remote.socket' '/etc/systemd/system/systemd-journal-remote.socket.d/platform.conf'
record_unit 'systemd-journal-remote.service' '/etc/systemd/system/systemd-journal-remote.service.d/storage.conf' '/etc/systemd/journal-remote.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-remote.service.d/platform.conf'
record_unit 'platform-log-retention.timer' '/etc/systemd/system/platform-log-retention.timer' '/etc/systemd/system/platform-log-retention.service'

if ! bash -c '[ -z "$(/usr/local/sbin/platform-image-prune --list)" ]'; then
  stage 'images that nothing needs any more' 'images that nothing needs any more'
  bash -c 'set -euo pipefail
/usr/local/sbin/platform-image-prune'
fi

if ! bash -c '/usr/local/lib/platform/object-store is-current'; then
  stage 'bucket app and the application'\''s user' 'bucket app and the application'\''s user'
  bash -c 'set -euo pipefail
/usr/local/lib/platform/object-store apply'
fi

stage 'check host firewall is loaded'
wait_until 60 'nft list table inet platform_firewall'

stage 'check default route and resolvers are there'
wait_until 60 '/usr/local/sbin/platform-default-route check'

stage 'check what the kernel keeps to itself hold'
wait_until 1 'if ! { held() {
  local value=$1 file
  shift
  for file in "$@"; do
    [ ! -w "$file" ] || [ "$(cat "$file")" = "$value" ] || return 1
  done
}
held 0 /proc/sys/net/ipv4/conf/*/accept_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/secure_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/send_redirects &&
held 0 /proc/sys/net/ipv4/conf/*/accept_source_route &&
held 0 /proc/sys/net/ipv6/conf/*/accept_redirects &&
held 0 /proc/sys/net/ipv6/conf/*/accept_source_route &&
held 2 /proc/sys/kernel/kptr_restrict &&
held 1 /proc/sys/kernel/dmesg_restrict &&
held 3 /proc/sys/kernel/perf_event_paranoid &&
held 1 /proc/sys/kernel/unprivileged_bpf_disabled &&
held 2 /proc/sys/net/core/bpf_jit_harden &&
held 1 /proc/sys/kernel/yama/ptrace_scope &&
held 1 /proc/sys/kernel/kexec_load_disabled &&
held 0 /proc/sys/kernel/sysrq &&
held 1 /proc/sys/kernel/core_uses_pid &&
held 0 /proc/sys/fs/suid_dumpable &&
held 2 /proc/sys/fs/protected_fifos &&
held 2 /proc/sys/fs/protected_regular &&
held 0 /proc/sys/dev/tty/ldisc_autoload; }; then
  grep -Hs . /proc/sys/net/ipv4/conf/*/accept_redirects /proc/sys/net/ipv4/conf/*/secure_redirects /proc/sys/net/ipv4/conf/*/send_redirects /proc/sys/net/ipv4/conf/*/accept_source_route /proc/sys/net/ipv6/conf/*/accept_redirects /proc/sys/net/ipv6/conf/*/accept_source_route /proc/sys/kernel/kptr_restrict /proc/sys/kernel/dmesg_restrict /proc/sys/kernel/perf_event_paranoid /proc/sys/kernel/unprivileged_bpf_disabled /proc/sys/net/core/bpf_jit_harden /proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/kexec_load_disabled /proc/sys/kernel/sysrq /proc/sys/kernel/core_uses_pid /proc/sys/fs/suid_dumpable /proc/sys/fs/protected_fifos /proc/sys/fs/protected_regular /proc/sys/dev/tty/ldisc_autoload || true
  echo "these do not hold what /etc/sysctl.d/62-platform-walls.conf says"
  exit 1
fi'

stage 'check Docker answers'
wait_until 60 'docker info >/dev/null'

stage 'check services may listen before the network is up hold'
wait_until 1 'if ! { [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" = 1 ]; }; then
  sysctl --ignore net.ipv4.ip_nonlocal_bind
  echo "these do not hold what /etc/sysctl.d/61-platform-listen-early.conf says"
  exit 1
fi'

stage 'check /srv/storage has the 2048 GB that were ordered'
wait_until 60 'size=$(df --block-size=1 --output=size /srv/storage | tail -n 1) && [ "$size" -ge 1904000000000 ] || { echo "/srv/storage has $size bytes, expected at least 1904000000000"; exit 1; }'

stage 'check the object store lets the application write, read and delete'
wait_until 60 '/usr/local/lib/platform/object-store try'

stage 'check the log archive takes entries'
wait_until 60 'printf '\''__REALTIME_TIMESTAMP=%s\n__MONOTONIC_TIMESTAMP=%s\n_BOOT_ID=%s\n_HOSTNAME=%s\nMESSAGE=platform check\n\n'\'' "$(date +%s%6N)" "$(awk '\''{ printf "%.0f", $1 * 1000000 }'\'' /proc/uptime)" "$(tr -d - </proc/sys/kernel/random/boot_id)" "$(hostname)" |
curl -fsS -m 10 -o /dev/null -H '\''Content-Type: application/vnd.fdo.journal'\'' -H '\''Expect:'\'' --data-binary @- http://10.0.4.11:19532/upload &&
platform-logs --since '\''10 minutes ago'\'' --grep '\''platform check'\'' --lines 1 | grep -q .'

stage end "set up"
stage end
