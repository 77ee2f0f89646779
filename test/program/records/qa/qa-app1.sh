#!/bin/bash
set -euo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

readonly setup_hostname='qa-app1'

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
/etc/sysctl.d/61-platform-app.conf
/etc/modules-load.d/61-platform-app.conf
/etc/systemd/system/admin-1.service
/etc/platform/admin-1.env
/etc/platform/admin-1.secret.env
/etc/systemd/system/api-1.service
/etc/platform/api-1.env
/etc/platform/api-1.secret.env
/etc/systemd/system/api-2.service
/etc/platform/api-2.env
/etc/platform/api-2.secret.env
/etc/systemd/system/web-1.service
/etc/platform/web-1.env
/etc/platform/web-1.secret.env
/etc/systemd/system/web-2.service
/etc/platform/web-2.env
/etc/platform/web-2.secret.env
/etc/systemd/system/worker-1.service
/etc/platform/worker-1.env
/etc/platform/worker-1.secret.env
/etc/systemd/system/worker-2.service
/etc/platform/worker-2.env
/etc/platform/worker-2.secret.env
/etc/systemd/system/traefik.service
/etc/platform/traefik.env
/etc/platform/traefik/traefik.yaml
/etc/platform/traefik/dynamic/services.yaml
/etc/platform/stack-hash
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
admin-1.service
api-1.service
api-2.service
web-1.service
web-2.service
worker-1.service
worker-2.service
traefik.service
END_OF_NAMES

stage files

install_packages 'nftables' 'iproute2' 'unattended-upgrades' 'jq' 'procps' 'systemd-journal-remote' 'docker.io' 'docker-cli' 'iptables' 'curl'

stage files "writing configuration"

put_file '/etc/platform/firewall.nft' 'root' 'root' '0644' <<'END_d9b3e57048a3'
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
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 80 accept comment "requests"
    ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 80 accept comment "is there another node"
    ip saddr { 10.0.1.11, 10.0.1.12, 10.0.2.11, 10.0.2.12, 10.0.3.11, 10.0.4.11 } meta l4proto { icmp, ipv6-icmp } accept comment "reachability"
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    # User data lies at the metadata service; a container has no business there, whatever network it is in.
    iifname "br-*" ip daddr 169.254.169.254 drop
    iifname "docker0" ip daddr 169.254.169.254 drop
  }
}
END_d9b3e57048a3

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

put_file '/etc/platform/hosts' 'root' 'root' '0644' <<'END_99e7e028fdea'
10.0.1.11 qa-edge1 edge1
10.0.1.12 qa-edge2 edge2
10.0.2.11 qa-app1 app1
10.0.2.12 qa-app2 app2
10.0.3.11 qa-database1 database1
10.0.4.11 qa-storage1 storage1
END_99e7e028fdea

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

put_file '/etc/systemd/system/apt-daily.timer.d/platform.conf' 'root' 'root' '0644' <<'END_58519bb8e0b3'
[Timer]
OnCalendar=
OnCalendar=*-*-* 00:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_58519bb8e0b3

put_file '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf' 'root' 'root' '0644' <<'END_3e887b002ada'
[Timer]
OnCalendar=
OnCalendar=*-*-* 01:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_3e887b002ada

put_file '/usr/local/sbin/platform-upgrade' 'root' 'root' '0755' <<'END_e9991c177ef6'
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
  if curl -fsS -m 5 -o /dev/null http://10.0.2.12:80/.platform/ready 2>/dev/null; then return 0; fi
  die "no other node is ready (qa-app2), so this one stays: put one in order first"
}

drain() {
  systemctl stop traefik.service
}

undrain() {
  systemctl start traefik.service
  for _ in {1..600}; do
    if curl -fsS -m 5 -o /dev/null "http://10.0.2.11:80/.platform/ready" 2>/dev/null; then return 0; fi
    sleep 1
  done
  echo "this node is not ready: docker ps, journalctl -u traefik" >&2
  return 1
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
    echo 'platform-upgrade --yes stops Traefik first, so that requests go to the other nodes: run it on one node at a time, and wait until the load balancers call this one UP again'
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
END_e9991c177ef6

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

put_file '/etc/sysctl.d/61-platform-app.conf' 'root' 'root' '0644' <<'END_7c6129fcd561'
-net.netfilter.nf_conntrack_max = 262144
-net.netfilter.nf_conntrack_tcp_timeout_time_wait = 15
END_7c6129fcd561

put_file '/etc/modules-load.d/61-platform-app.conf' 'root' 'root' '0644' <<'END_9173c5c4cc83'
nf_conntrack
END_9173c5c4cc83

put_file '/etc/systemd/system/admin-1.service' 'root' 'root' '0644' <<'END_6e6189bfcde1'
[Unit]
Description=Container admin-1
After=docker.service platform-network.service platform-container-log@admin-1.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@admin-1.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container admin-1 \
  --init \
  --hostname=admin-1 \
  --network=platform \
  --ip=172.20.228.11 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/admin-1 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/admin-1.env \
  --env-file=/etc/platform/admin-1.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --no-healthcheck \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 admin-1
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_6e6189bfcde1

put_file '/etc/platform/admin-1.env' 'root' 'root' '0644' <<'END_65cccc1fb18a'
APP_MODE=admin
NODE_NAME=qa-app1
REPLICA=1
RELEASE=1.0.0
PORT=3000
END_65cccc1fb18a

put_file '/etc/platform/admin-1.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/api-1.service' 'root' 'root' '0644' <<'END_8311007ba071'
[Unit]
Description=Container api-1
After=docker.service platform-network.service platform-container-log@api-1.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@api-1.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container api-1 \
  --init \
  --hostname=api-1 \
  --network=platform \
  --ip=172.20.243.11 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/api-1 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/api-1.env \
  --env-file=/etc/platform/api-1.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --no-healthcheck \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 api-1
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_8311007ba071

put_file '/etc/platform/api-1.env' 'root' 'root' '0644' <<'END_921fc535bce5'
APP_MODE=api
NODE_NAME=qa-app1
REPLICA=1
RELEASE=1.0.0
PORT=3000
END_921fc535bce5

put_file '/etc/platform/api-1.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/api-2.service' 'root' 'root' '0644' <<'END_d8ccca133fab'
[Unit]
Description=Container api-2
After=docker.service platform-network.service platform-container-log@api-2.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@api-2.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container api-2 \
  --init \
  --hostname=api-2 \
  --network=platform \
  --ip=172.20.243.12 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/api-2 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/api-2.env \
  --env-file=/etc/platform/api-2.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --no-healthcheck \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 api-2
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_d8ccca133fab

put_file '/etc/platform/api-2.env' 'root' 'root' '0644' <<'END_26f3aada97e1'
APP_MODE=api
NODE_NAME=qa-app1
REPLICA=2
RELEASE=1.0.0
PORT=3000
END_26f3aada97e1

put_file '/etc/platform/api-2.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/web-1.service' 'root' 'root' '0644' <<'END_0a554e4c494e'
[Unit]
Description=Container web-1
After=docker.service platform-network.service platform-container-log@web-1.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@web-1.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container web-1 \
  --init \
  --hostname=web-1 \
  --network=platform \
  --ip=172.20.127.11 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/web-1 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/web-1.env \
  --env-file=/etc/platform/web-1.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --no-healthcheck \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 web-1
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_0a554e4c494e

put_file '/etc/platform/web-1.env' 'root' 'root' '0644' <<'END_5602cbd0b2bb'
APP_MODE=web
NODE_NAME=qa-app1
REPLICA=1
RELEASE=1.0.0
PORT=3000
END_5602cbd0b2bb

put_file '/etc/platform/web-1.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/web-2.service' 'root' 'root' '0644' <<'END_c50d4cd8e200'
[Unit]
Description=Container web-2
After=docker.service platform-network.service platform-container-log@web-2.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@web-2.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container web-2 \
  --init \
  --hostname=web-2 \
  --network=platform \
  --ip=172.20.127.12 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/web-2 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/web-2.env \
  --env-file=/etc/platform/web-2.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --no-healthcheck \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 web-2
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_c50d4cd8e200

put_file '/etc/platform/web-2.env' 'root' 'root' '0644' <<'END_580ffcde2d99'
APP_MODE=web
NODE_NAME=qa-app1
REPLICA=2
RELEASE=1.0.0
PORT=3000
END_580ffcde2d99

put_file '/etc/platform/web-2.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/worker-1.service' 'root' 'root' '0644' <<'END_681d6ac956e9'
[Unit]
Description=Container worker-1
After=docker.service platform-network.service platform-container-log@worker-1.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@worker-1.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container worker-1 \
  --init \
  --hostname=worker-1 \
  --network=platform \
  --ip=172.20.179.11 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/worker-1 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/worker-1.env \
  --env-file=/etc/platform/worker-1.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --health-start-period=60s \
  --health-start-interval=1s \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 worker-1
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_681d6ac956e9

put_file '/etc/platform/worker-1.env' 'root' 'root' '0644' <<'END_057d910a2f20'
APP_MODE=worker
NODE_NAME=qa-app1
REPLICA=1
RELEASE=1.0.0
END_057d910a2f20

put_file '/etc/platform/worker-1.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/worker-2.service' 'root' 'root' '0644' <<'END_21688a24680d'
[Unit]
Description=Container worker-2
After=docker.service platform-network.service platform-container-log@worker-2.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@worker-2.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container worker-2 \
  --init \
  --hostname=worker-2 \
  --network=platform \
  --ip=172.20.179.12 \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/worker-2 \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/worker-2.env \
  --env-file=/etc/platform/worker-2.secret.env \
  --memory=512m \
  --stop-timeout=30 \
  --security-opt=no-new-privileges \
  --pids-limit=1024 \
  --health-start-period=60s \
  --health-start-interval=1s \
  hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0
ExecStop=/usr/bin/docker stop --time=30 worker-2
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
END_21688a24680d

put_file '/etc/platform/worker-2.env' 'root' 'root' '0644' <<'END_dc6bea7d2325'
APP_MODE=worker
NODE_NAME=qa-app1
REPLICA=2
RELEASE=1.0.0
END_dc6bea7d2325

put_file '/etc/platform/worker-2.secret.env' 'root' 'root' '0600' <<'END_e81355a40919'
DATABASE_URL=postgresql://app:SECRET-platform-database-postgresql-app@10.0.3.11:5432/app
REDIS_URL=redis://app:SECRET-platform-database-cache-app@10.0.3.11:6379/0
ELASTICSEARCH_URL=http://app:SECRET-platform-database-search-app@10.0.3.11:9200
S3_ENDPOINT=http://10.0.4.11:9000
S3_REGION=us-east-1
S3_BUCKET=app
S3_ACCESS_KEY_ID=platform-app
S3_SECRET_ACCESS_KEY=SECRET-platform-storage-objects-app
END_e81355a40919

put_file '/etc/systemd/system/traefik.service' 'root' 'root' '0644' <<'END_299a5af84d17'
[Unit]
Description=Container traefik
After=docker.service platform-network.service platform-container-log@traefik.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@traefik.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container traefik \
  --init \
  --hostname=traefik \
  --network=host \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/traefik \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/traefik.env \
  --volume=/etc/platform/traefik/traefik.yaml:/etc/traefik/traefik.yaml:ro \
  --volume=/etc/platform/traefik/dynamic:/etc/traefik/dynamic:ro \
  --stop-timeout=18 \
  --read-only \
  --cap-drop=ALL \
  --cap-add=NET_BIND_SERVICE \
  --security-opt=no-new-privileges \
  traefik@DIGEST-OF-traefik:v3.6.12 \
  --configFile=/etc/traefik/traefik.yaml
ExecStop=/usr/bin/docker stop --time=18 traefik
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=28

[Install]
WantedBy=multi-user.target
END_299a5af84d17

put_file '/etc/platform/traefik.env' 'root' 'root' '0644' <<'END_dd16edb8ef8f'
GOGC=400
GOMEMLIMIT=1024MiB
END_dd16edb8ef8f

put_file '/etc/platform/traefik/traefik.yaml' 'root' 'root' '0644' <<'END_a1fdb812d30a'
{
  "global": {
    "checkNewVersion": false,
    "sendAnonymousUsage": false
  },
  "log": {
    "level": "INFO",
    "format": "json"
  },
  "accessLog": {
    "format": "json",
    "filters": {
      "statusCodes": [
        "499",
        "500-599"
      ],
      "minDuration": "1000ms"
    },
    "fields": {
      "headers": {
        "names": {
          "X-Request-Id": "keep"
        }
      }
    }
  },
  "ping": {
    "manualRouting": true,
    "terminatingStatusCode": 503
  },
  "entryPoints": {
    "web": {
      "address": "10.0.2.11:80",
      "forwardedHeaders": {
        "trustedIPs": [
          "10.0.1.11",
          "10.0.1.12"
        ]
      },
      "transport": {
        "lifeCycle": {
          "requestAcceptGraceTimeout": "3s",
          "graceTimeOut": "10s"
        },
        "respondingTimeouts": {
          "readTimeout": "0s",
          "writeTimeout": "0s",
          "idleTimeout": "180s"
        }
      }
    }
  },
  "providers": {
    "file": {
      "directory": "/etc/traefik/dynamic",
      "watch": true
    }
  }
}
END_a1fdb812d30a

put_file '/etc/platform/traefik/dynamic/services.yaml' 'root' 'root' '0644' <<'END_f28f2e31de47'
{
  "http": {
    "routers": {
      "admin": {
        "rule": "(Path(`/admin`) || PathPrefix(`/admin/`))",
        "priority": 12,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "admin"
      },
      "api": {
        "rule": "(Path(`/api`) || PathPrefix(`/api/`))",
        "priority": 8,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "api"
      },
      "web": {
        "rule": "PathPrefix(`/`)",
        "priority": 2,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "web"
      },
      "platform-reads-admin": {
        "rule": "(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)) && ((Path(`/admin`) || PathPrefix(`/admin/`)))",
        "priority": 13,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "platform-reads-admin"
      },
      "platform-reads-api": {
        "rule": "(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)) && ((Path(`/api`) || PathPrefix(`/api/`)))",
        "priority": 9,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "platform-reads-api"
      },
      "platform-reads-web": {
        "rule": "(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)) && (PathPrefix(`/`))",
        "priority": 3,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry"
        ],
        "service": "platform-reads-web"
      },
      "platform-any-admin": {
        "rule": "Header(`X-Platform-Any-Replica`, `yes`) && ((Path(`/admin`) || PathPrefix(`/admin/`)))",
        "priority": 50012,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry",
          "platform-any"
        ],
        "service": "platform-any-admin"
      },
      "platform-any-api": {
        "rule": "Header(`X-Platform-Any-Replica`, `yes`) && ((Path(`/api`) || PathPrefix(`/api/`)))",
        "priority": 50008,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry",
          "platform-any"
        ],
        "service": "platform-any-api"
      },
      "platform-any-web": {
        "rule": "Header(`X-Platform-Any-Replica`, `yes`) && (PathPrefix(`/`))",
        "priority": 50002,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "retry",
          "platform-any"
        ],
        "service": "platform-any-web"
      },
      "platform-ping": {
        "rule": "Path(`/.platform/ping`)",
        "priority": 100000,
        "entryPoints": [
          "web"
        ],
        "middlewares": [],
        "service": "ping@internal"
      },
      "platform-ready": {
        "rule": "Path(`/.platform/ready`)",
        "priority": 100000,
        "entryPoints": [
          "web"
        ],
        "middlewares": [
          "platform-ready",
          "platform-host"
        ],
        "service": "web"
      }
    },
    "middlewares": {
      "retry": {
        "retry": {
          "attempts": 3,
          "initialInterval": "50ms"
        }
      },
      "platform-ready": {
        "replacePath": {
          "path": "/health/ready"
        }
      },
      "platform-host": {
        "headers": {
          "customRequestHeaders": {
            "Host": "qa.example.com"
          }
        }
      },
      "platform-any": {
        "headers": {
          "customRequestHeaders": {
            "X-Platform-Any-Replica": ""
          }
        }
      }
    },
    "services": {
      "admin": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.228.11:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "api": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.243.11:3000"
            },
            {
              "url": "http://172.20.243.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "web": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.127.11:3000"
            },
            {
              "url": "http://172.20.127.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "platform-reads-admin": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.228.11:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "kept",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "platform-reads-api": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.243.11:3000"
            },
            {
              "url": "http://172.20.243.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "kept",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "platform-reads-web": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.127.11:3000"
            },
            {
              "url": "http://172.20.127.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "kept",
          "healthCheck": {
            "path": "/health/ready",
            "hostname": "qa.example.com",
            "followRedirects": false,
            "interval": "2s",
            "unhealthyInterval": "1s",
            "timeout": "4s"
          }
        }
      },
      "platform-any-admin": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.228.11:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once"
        }
      },
      "platform-any-api": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.243.11:3000"
            },
            {
              "url": "http://172.20.243.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once"
        }
      },
      "platform-any-web": {
        "loadBalancer": {
          "servers": [
            {
              "url": "http://172.20.127.11:3000"
            },
            {
              "url": "http://172.20.127.12:3000"
            }
          ],
          "passHostHeader": true,
          "serversTransport": "once"
        }
      }
    },
    "serversTransports": {
      "once": {
        "maxIdleConnsPerHost": -1,
        "forwardingTimeouts": {
          "dialTimeout": "1s",
          "responseHeaderTimeout": "30s"
        }
      },
      "kept": {
        "maxIdleConnsPerHost": 8,
        "forwardingTimeouts": {
          "dialTimeout": "1s",
          "responseHeaderTimeout": "30s",
          "idleConnTimeout": "1s"
        }
      }
    }
  }
}
END_f28f2e31de47

put_file '/etc/platform/stack-hash' 'root' 'root' '0644' <<'END_638482c856a9'
f9e076e1ea74cf545ab019aec15c1c5e15da9876f1b60f056c73cf059fa85e74
END_638482c856a9

put_file '/usr/local/sbin/platform-status' 'root' 'root' '0755' <<'END_aa8d34ef9d67'
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

probe_docker() {
local version
version=$(timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null) || version=
jq -n --arg version "$version" '{version: $version, reasons: [if $version == "" then "does not answer" else empty end]}'
}

probe_traefik() {
answer() { curl -s -m 5 -o /dev/null -w '%{http_code}' "http://10.0.2.11$1" || true; }
jq -n --arg takes "$(answer /.platform/ping)" --arg ready "$(answer /.platform/ready)" '{reasons: [
  if $takes != "200" then "takes no requests"
  elif $ready[0:1] != "2" then "has no replica that is ready" else empty end]}'
}

probe_replicas() {
# Prints a line when one is not ready.
check() {
  local said
  said=$(bash -c "$2" 2>&1) || printf '%s: %s\n' "$1" "$(printf '%s' "${said:-not ready}" | tr '\n' ' ')"
}
{
  check admin-1 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.228.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.228.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }' &
  check api-1 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }' &
  check api-2 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }' &
  check web-1 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }' &
  check web-2 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }' &
  check worker-1 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-1) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-1 is $state"; false; }; }' &
  check worker-2 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-2) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-2 is $state"; false; }; }' &
  wait
} | sort | jq -Rn '[inputs] as $wrong | {count: 7, ready: (7 - ($wrong | length)), reasons: $wrong}'
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
      docker) probe_docker ;;
      traefik) probe_traefik ;;
      replicas) probe_replicas ;;
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
for name in defaultRoute journalUpload clock units updates docker traefik replicas fileSystems; do ask "$name" & done
wait
status=$(for name in defaultRoute journalUpload clock units updates docker traefik replicas fileSystems; do cat "$work/$name.judged"; done |
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
    (.docker | row("docker          "; .version)),
    (.traefik | row("traefik         "; empty)),
    (.replicas | row("replicas        "; "\(.ready) of \(.count) ready")),
    (.fileSystems | row("disks           "; .list | map("\(.path) \(.usedPercent) %") | join(", ")))' <<<"$status"; fi
case "$(jq .up <<<"$status")" in
  true) exit 0 ;;
  false) exit 1 ;;
  *) exit 2 ;;
esac
END_aa8d34ef9d67

remove_orphans

stage 'early units'

starting=() restarting=() reloading=()
if unit_is_current 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'; then starting+=('platform-firewall.service'); else reloading+=('platform-firewall.service'); fi
if unit_is_current 'platform-default-route.service' '/usr/local/sbin/platform-default-route' '/etc/systemd/system/platform-default-route.service'; then starting+=('platform-default-route.service'); else restarting+=('platform-default-route.service'); fi
if unit_is_current 'docker.service' '/etc/docker/daemon.json'; then starting+=('docker.service'); else restarting+=('docker.service'); fi
if unit_is_current 'platform-network.service' '/etc/systemd/system/platform-network.service'; then starting+=('platform-network.service'); else restarting+=('platform-network.service'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
record_unit 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'
record_unit 'platform-default-route.service' '/usr/local/sbin/platform-default-route' '/etc/systemd/system/platform-default-route.service'
record_unit 'docker.service' '/etc/docker/daemon.json'
record_unit 'platform-network.service' '/etc/systemd/system/platform-network.service'

if ! bash -c '[ "$(hostname)" = qa-app1 ] && [ "$(cat /etc/hostname)" = qa-app1 ]'; then
  stage 'host name qa-app1' 'host name qa-app1'
  bash -c 'set -euo pipefail
echo qa-app1 >/etc/.hostname.platform && chmod 0644 /etc/.hostname.platform && mv /etc/.hostname.platform /etc/hostname && hostname qa-app1'
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

if ! bash -c '{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)" = 262144 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_max ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait 2>/dev/null)" = 15 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait ]; }; }'; then
  stage 'kernel settings of an app node' 'kernel settings of an app node'
  bash -c 'set -euo pipefail
modprobe nf_conntrack 2>/dev/null || true
sysctl --quiet --ignore --load=/etc/sysctl.d/61-platform-app.conf'
fi

if ! bash -c 'docker image inspect hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0 >/dev/null 2>&1'; then
  stage 'pull hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0' 'pull hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0'
  bash -c 'set -euo pipefail
systemctl start docker.service && docker pull -q hetzner-platform/sample-app@DIGEST-OF-hetzner-platform/sample-app:1.0.0'
fi

if ! bash -c 'docker image inspect traefik@DIGEST-OF-traefik:v3.6.12 >/dev/null 2>&1'; then
  stage 'pull traefik@DIGEST-OF-traefik:v3.6.12' 'pull traefik@DIGEST-OF-traefik:v3.6.12'
  bash -c 'set -euo pipefail
systemctl start docker.service && docker pull -q traefik@DIGEST-OF-traefik:v3.6.12'
fi

stage 'units'

starting=() restarting=() reloading=()
if unit_is_current 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'; then starting+=('ssh.service'); else reloading+=('ssh.service'); fi
if unit_is_current 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'; then starting+=('apt-daily.timer'); else restarting+=('apt-daily.timer'); fi
if unit_is_current 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'; then starting+=('apt-daily-upgrade.timer'); else restarting+=('apt-daily-upgrade.timer'); fi
if unit_is_current 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'; then starting+=('systemd-sysctl.service'); else restarting+=('systemd-sysctl.service'); fi
if unit_is_current 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'; then starting+=('systemd-journal-upload.service'); else restarting+=('systemd-journal-upload.service'); fi
if unit_is_current 'traefik.service' '/etc/systemd/system/traefik.service' '/etc/platform/traefik.env' '/etc/platform/traefik/traefik.yaml'; then starting+=('traefik.service'); else restarting+=('traefik.service'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
wait_until 60 'curl -fsS -m 5 -o /dev/null http://10.0.2.11/.platform/ping'
record_unit 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'
record_unit 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'
record_unit 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'
record_unit 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'
record_unit 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'
record_unit 'traefik.service' '/etc/systemd/system/traefik.service' '/etc/platform/traefik.env' '/etc/platform/traefik/traefik.yaml'

[ "$(systemctl show --property=NeedDaemonReload --value 'admin-1.service' | sort -u | tr -d '\n')" = no ] || systemctl daemon-reload
if [ "$(systemctl is-active 'admin-1.service' | grep -c '^active$')" = 0 ]; then
  enable_units 'admin-1.service'
  units_do start 'admin-1.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.228.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.228.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'admin-1.service' '/etc/systemd/system/admin-1.service' '/etc/platform/admin-1.env' '/etc/platform/admin-1.secret.env'
else
if ! unit_is_current 'admin-1.service' '/etc/systemd/system/admin-1.service' '/etc/platform/admin-1.env' '/etc/platform/admin-1.secret.env'; then
  enable_units 'admin-1.service'
  units_do restart 'admin-1.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.228.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.228.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'admin-1.service' '/etc/systemd/system/admin-1.service' '/etc/platform/admin-1.env' '/etc/platform/admin-1.secret.env'
else
  start_inactive 'admin-1.service'
fi
fi

[ "$(systemctl show --property=NeedDaemonReload --value 'api-1.service' 'api-2.service' | sort -u | tr -d '\n')" = no ] || systemctl daemon-reload
if [ "$(systemctl is-active 'api-1.service' 'api-2.service' | grep -c '^active$')" = 0 ]; then
  enable_units 'api-1.service' 'api-2.service'
  units_do start 'api-1.service' 'api-2.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'api-1.service' '/etc/systemd/system/api-1.service' '/etc/platform/api-1.env' '/etc/platform/api-1.secret.env'
  record_unit 'api-2.service' '/etc/systemd/system/api-2.service' '/etc/platform/api-2.env' '/etc/platform/api-2.secret.env'
else
if ! unit_is_current 'api-1.service' '/etc/systemd/system/api-1.service' '/etc/platform/api-1.env' '/etc/platform/api-1.secret.env'; then
  enable_units 'api-1.service'
  units_do restart 'api-1.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'api-1.service' '/etc/systemd/system/api-1.service' '/etc/platform/api-1.env' '/etc/platform/api-1.secret.env'
else
  start_inactive 'api-1.service'
fi
if ! unit_is_current 'api-2.service' '/etc/systemd/system/api-2.service' '/etc/platform/api-2.env' '/etc/platform/api-2.secret.env'; then
  enable_units 'api-2.service'
  units_do restart 'api-2.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.243.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.243.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'api-2.service' '/etc/systemd/system/api-2.service' '/etc/platform/api-2.env' '/etc/platform/api-2.secret.env'
else
  start_inactive 'api-2.service'
fi
fi

[ "$(systemctl show --property=NeedDaemonReload --value 'web-1.service' 'web-2.service' | sort -u | tr -d '\n')" = no ] || systemctl daemon-reload
if [ "$(systemctl is-active 'web-1.service' 'web-2.service' | grep -c '^active$')" = 0 ]; then
  enable_units 'web-1.service' 'web-2.service'
  units_do start 'web-1.service' 'web-2.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'web-1.service' '/etc/systemd/system/web-1.service' '/etc/platform/web-1.env' '/etc/platform/web-1.secret.env'
  record_unit 'web-2.service' '/etc/systemd/system/web-2.service' '/etc/platform/web-2.env' '/etc/platform/web-2.secret.env'
else
if ! unit_is_current 'web-1.service' '/etc/systemd/system/web-1.service' '/etc/platform/web-1.env' '/etc/platform/web-1.secret.env'; then
  enable_units 'web-1.service'
  units_do restart 'web-1.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.11:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.11:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'web-1.service' '/etc/systemd/system/web-1.service' '/etc/platform/web-1.env' '/etc/platform/web-1.secret.env'
else
  start_inactive 'web-1.service'
fi
if ! unit_is_current 'web-2.service' '/etc/systemd/system/web-2.service' '/etc/platform/web-2.env' '/etc/platform/web-2.secret.env'; then
  enable_units 'web-2.service'
  units_do restart 'web-2.service'
  wait_until 600 'status=$(curl -sS -m 5 -o /dev/null -w '\''%{http_code}'\'' -H '\''Host: qa.example.com'\'' http://172.20.127.12:3000/health/ready) && { [[ $status = 2?? ]] || { echo "http://172.20.127.12:3000/health/ready (Host: qa.example.com) answers $status, and 2xx means ready"; false; }; }'
  record_unit 'web-2.service' '/etc/systemd/system/web-2.service' '/etc/platform/web-2.env' '/etc/platform/web-2.secret.env'
else
  start_inactive 'web-2.service'
fi
fi

[ "$(systemctl show --property=NeedDaemonReload --value 'worker-1.service' 'worker-2.service' | sort -u | tr -d '\n')" = no ] || systemctl daemon-reload
if [ "$(systemctl is-active 'worker-1.service' 'worker-2.service' | grep -c '^active$')" = 0 ]; then
  enable_units 'worker-1.service' 'worker-2.service'
  units_do start 'worker-1.service' 'worker-2.service'
  wait_until 600 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-1) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-1 is $state"; false; }; }'
  wait_until 600 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-2) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-2 is $state"; false; }; }'
  record_unit 'worker-1.service' '/etc/systemd/system/worker-1.service' '/etc/platform/worker-1.env' '/etc/platform/worker-1.secret.env'
  record_unit 'worker-2.service' '/etc/systemd/system/worker-2.service' '/etc/platform/worker-2.env' '/etc/platform/worker-2.secret.env'
else
if ! unit_is_current 'worker-1.service' '/etc/systemd/system/worker-1.service' '/etc/platform/worker-1.env' '/etc/platform/worker-1.secret.env'; then
  enable_units 'worker-1.service'
  units_do restart 'worker-1.service'
  wait_until 600 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-1) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-1 is $state"; false; }; }'
  record_unit 'worker-1.service' '/etc/systemd/system/worker-1.service' '/etc/platform/worker-1.env' '/etc/platform/worker-1.secret.env'
else
  start_inactive 'worker-1.service'
fi
if ! unit_is_current 'worker-2.service' '/etc/systemd/system/worker-2.service' '/etc/platform/worker-2.env' '/etc/platform/worker-2.secret.env'; then
  enable_units 'worker-2.service'
  units_do restart 'worker-2.service'
  wait_until 600 'state=$(docker inspect -f '\''{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'\'' worker-2) && { [ "$state" = healthy ] || [ "$state" = running ] || { echo "worker-2 is $state"; false; }; }'
  record_unit 'worker-2.service' '/etc/systemd/system/worker-2.service' '/etc/platform/worker-2.env' '/etc/platform/worker-2.secret.env'
else
  start_inactive 'worker-2.service'
fi
fi

if ! bash -c '[ -z "$(/usr/local/sbin/platform-image-prune --list)" ]'; then
  stage 'images that nothing needs any more' 'images that nothing needs any more'
  bash -c 'set -euo pipefail
/usr/local/sbin/platform-image-prune'
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

stage 'check kernel settings of an app node hold'
wait_until 1 'if ! { { [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)" = 262144 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_max ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait 2>/dev/null)" = 15 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait ]; }; }; }; then
  sysctl --ignore net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_time_wait
  echo "these do not hold what /etc/sysctl.d/61-platform-app.conf says"
  exit 1
fi'

stage 'check visitors are served'
wait_until 600 'curl -fsS -m 5 -o /dev/null http://10.0.2.11/.platform/ready'

stage end "set up"
stage end
