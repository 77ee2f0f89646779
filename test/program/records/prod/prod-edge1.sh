#!/bin/bash
set -euo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

readonly setup_hostname='prod-edge1'

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
/etc/sysctl.d/61-platform-edge.conf
/etc/modules-load.d/61-platform-edge.conf
/etc/platform/nat.nft
/etc/systemd/system/platform-nat.service
/etc/systemd/system/platform-floating-ip.service
/usr/local/lib/platform-edge/install-certificate
/usr/local/lib/platform-edge/await-machines
/etc/haproxy/haproxy.cfg
/usr/local/lib/platform-edge/reload-haproxy
/etc/systemd/system/haproxy.service.d/platform.conf
/usr/local/sbin/platform-request-log
/etc/systemd/system/platform-request-log.socket
/etc/systemd/system/platform-request-log.service
/usr/local/lib/platform-edge/address.py
/usr/local/lib/platform-edge/agent.py
/usr/local/lib/platform-edge/decision.py
/usr/local/lib/platform-edge/hetzner.py
/usr/local/lib/platform-edge/local.py
/usr/local/lib/platform-edge/log.py
/usr/local/lib/platform-edge/outside.py
/usr/local/lib/platform-edge/peer.py
/usr/local/lib/platform-edge/route.py
/usr/local/lib/platform-edge/signing.py
/usr/local/lib/platform-edge/twin.py
/etc/platform/secrets/hetzner-api-token
/etc/sysusers.d/platform-edge.conf
/etc/tmpfiles.d/platform-edge.conf
/etc/platform/secrets/floating-ip-agent.json
/etc/systemd/system/floating-ip-agent.service
/usr/local/lib/platform-edge/serves
/etc/keepalived/keepalived.conf
/etc/systemd/system/keepalived.service.d/platform.conf
/usr/local/lib/platform-certificate/authority.py
/usr/local/lib/platform-certificate/bundle.py
/usr/local/lib/platform-certificate/certificate.py
/usr/local/lib/platform-certificate/challenge.py
/usr/local/lib/platform-certificate/handover.py
/usr/local/lib/platform-certificate/nameserver.py
/usr/local/lib/platform-certificate/schedule.py
/usr/local/lib/platform-certificate/sealing.py
/usr/local/lib/platform-certificate/zone.py
/usr/local/lib/platform-certificate/hetzner.py
/etc/platform/secrets/certificate.json
/etc/sysusers.d/platform-certificate.conf
/etc/systemd/system/platform-certificate.service
/etc/systemd/system/platform-certificate.timer
/etc/systemd/system/platform-certificate-peer.socket
/etc/systemd/system/platform-certificate-peer@.service
/usr/local/sbin/platform-status
END_OF_NAMES

manifest_begin unit-names <<'END_OF_NAMES'
platform-firewall.service
ssh.service
apt-daily.timer
apt-daily-upgrade.timer
systemd-sysctl.service
systemd-journal-upload.service
platform-nat.service
platform-floating-ip.service
haproxy.service
floating-ip-agent.service
keepalived.service
platform-certificate-peer.socket
platform-certificate.timer
END_OF_NAMES

stage files

install_packages 'nftables' 'unattended-upgrades' 'jq' 'procps' 'systemd-journal-remote' 'iproute2' 'haproxy' 'socat' 'python3' 'ca-certificates' 'keepalived' 'certbot' 'openssl' 'python3-cryptography'

stage files "writing configuration"

put_file '/etc/platform/firewall.nft' 'root' 'root' '0644' <<'END_3ce8f0707c5d'
table inet platform_firewall
delete table inet platform_firewall
table inet platform_firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, packet-too-big } accept
    tcp dport 80 accept comment "visitors"
    tcp dport 443 accept comment "visitors, TLS"
    meta l4proto { icmp, ipv6-icmp } accept comment "path MTU and reachability"
    ip saddr { 8.8.8.8/32 } tcp dport 22 accept comment "set-up and bastion"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 22 accept comment "SSH through the bastion"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8409 accept comment "what clients asked for"
    ip saddr { 10.0.1.11, 10.0.1.12 } ip protocol vrrp accept comment "who is master"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8404 accept comment "the peer's state"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8406 accept comment "the certificate, sealed"
    ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 8407 accept comment "challenges of the ACME server"
    ip saddr { 10.0.1.11, 10.0.1.12, 10.0.2.11, 10.0.2.12, 10.0.3.11, 10.0.4.11 } meta l4proto { icmp, ipv6-icmp } accept comment "reachability"
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    # User data lies at the metadata service; a container has no business there, whatever network it is in.
    iifname "br-*" ip daddr 169.254.169.254 drop
    iifname "docker0" ip daddr 169.254.169.254 drop
  }
}
END_3ce8f0707c5d

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

put_file '/etc/ssh/sshd_config.d/10-platform.conf' 'root' 'root' '0644' 'sshd -t -f "$1"' <<'END_34214c20daf3'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
X11Forwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
PermitTunnel no
AllowTcpForwarding local
# Which key came in: one account belongs to several people.
LogLevel VERBOSE
# A peer that is gone is noticed inside of the connection, where nobody else can answer for it.
TCPKeepAlive no
ClientAliveInterval 60
ClientAliveCountMax 2
# A bring-up opens several sessions through the bastion at once.
MaxStartups 50:30:100
# The firewall lets nobody else in: one's mistakes must not lock out all who come from the same address.
PerSourcePenaltyExemptList 10.0.1.11,10.0.1.12,8.8.8.8/32
KexAlgorithms mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
HostKey /etc/ssh/ssh_host_ed25519_key
END_34214c20daf3

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

put_file '/etc/systemd/system/apt-daily.timer.d/platform.conf' 'root' 'root' '0644' <<'END_76c6e2595c99'
[Timer]
OnCalendar=
OnCalendar=*-*-* 04:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_76c6e2595c99

put_file '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf' 'root' 'root' '0644' <<'END_f3a42dc32d93'
[Timer]
OnCalendar=
OnCalendar=*-*-* 05:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_f3a42dc32d93

put_file '/usr/local/sbin/platform-upgrade' 'root' 'root' '0755' <<'END_541e89bf417c'
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
  curl -fsS -m 5 -o /dev/null http://10.0.1.12:8404/healthz ||
    die "prod-edge2 does not serve, so this one stays: put it in order first"
}

drain() {
  systemctl stop keepalived.service
  for _ in {1..60}; do
    if jq -es 'all(.owner != .server)' /run/floating-ip-agent/state.json >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  die "the address is still here after 30 s, so nothing was upgraded: /run/floating-ip-agent/state.json says why"
}

undrain() {
  systemctl start keepalived.service
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
    echo 'platform-upgrade --yes gives the address to the other load balancer first: run it on the standby, then on this one'
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
END_541e89bf417c

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

put_file '/etc/sysctl.d/61-platform-edge.conf' 'root' 'root' '0644' <<'END_52402b4cd2f1'
net.ipv4.ip_forward = 1
net.ipv4.ip_nonlocal_bind = 1
net.ipv4.conf.all.rp_filter = 2
net.ipv4.tcp_syncookies = 1
net.ipv4.tcp_max_syn_backlog = 8192
net.core.somaxconn = 8192
net.ipv4.tcp_synack_retries = 2
net.ipv4.tcp_fin_timeout = 15
net.ipv4.tcp_syn_retries = 2
-net.netfilter.nf_conntrack_buckets = 65536
-net.netfilter.nf_conntrack_max = 262144
-net.netfilter.nf_conntrack_tcp_timeout_syn_recv = 15
END_52402b4cd2f1

put_file '/etc/modules-load.d/61-platform-edge.conf' 'root' 'root' '0644' <<'END_9173c5c4cc83'
nf_conntrack
END_9173c5c4cc83

put_file '/etc/platform/nat.nft' 'root' 'root' '0644' 'nft --check --file "$1"' <<'END_fccbb027051e'
table ip platform_nat
delete table ip platform_nat
table ip platform_nat {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 masquerade
  }
}
END_fccbb027051e

put_file '/etc/systemd/system/platform-nat.service' 'root' 'root' '0644' <<'END_7e63445da22e'
[Unit]
Description=NAT for machines without a public address
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target
After=local-fs.target systemd-sysctl.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/sysctl --quiet --write net.ipv4.ip_forward=1
ExecStart=/usr/sbin/nft --file /etc/platform/nat.nft
ExecReload=/usr/sbin/nft --file /etc/platform/nat.nft
ExecStop=/usr/sbin/nft destroy table ip platform_nat

[Install]
WantedBy=sysinit.target
END_7e63445da22e

put_file '/etc/systemd/system/platform-floating-ip.service' 'root' 'root' '0644' <<'END_18b2bd61ebaf'
[Unit]
Description=Floating IP on the loopback interface
After=network-pre.target
Before=haproxy.service nginx.service keepalived.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/usr/sbin/ip address flush dev lo label lo:platform
ExecStart=/usr/sbin/ip address replace IPV4-OF-platform-edge-address/32 dev lo label lo:platform
ExecStop=-/usr/sbin/ip address flush dev lo label lo:platform

[Install]
WantedBy=multi-user.target
END_18b2bd61ebaf

put_file '/usr/local/lib/platform-edge/install-certificate' 'root' 'root' '0755' <<'END_f9afb62cbb71'
#!/bin/bash
# Makes the proxy serve the certificate that certificate.py has. With "placeholder": sees to it that the proxy can start.
set -euo pipefail
umask 077
readonly served=/etc/platform/secrets/issued.pem fresh=/var/lib/platform-certificate/site.pem
candidate=

say() { printf '<%s>%s\n' "$1" "$2" >&2; }
cleanup() { [ -z "$candidate" ] || rm -f "$candidate"; }
trap cleanup EXIT

# What stands in the candidate is on the disk, and nowhere half.
put_candidate() {
  chmod 0600 "$candidate"
  sync "$candidate"
  mv "$candidate" "$served"
  candidate=
}

mark_issued() {
  printf 'https yes\n' >"$1.new"
  chmod 0644 "$1.new"
  mv "$1.new" "$1"
}


placeholder() {
  install -d -m 0755 /etc/platform/edge "${served%/*}"
  [ -e /etc/platform/edge/issued.map ] || { printf 'https no\n' >/etc/platform/edge/issued.map && chmod 0644 /etc/platform/edge/issued.map; }
  [ ! -s "$served" ] || return 0
  candidate=$(mktemp "$served.XXXXXXXX")
  if [ -s /etc/platform/secrets/site.pem ]; then
    # It was brought along and serves until the first one is issued.
    cat /etc/platform/secrets/site.pem >"$candidate"
    mark_issued /etc/platform/edge/issued.map
    mark_issued /etc/platform/edge/issued
  else
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
      -subj "/CN=placeholder" -addext "subjectAltName=DNS:www.example.com" -keyout - -out - >"$candidate" 2>/dev/null
  fi
  put_candidate
}


fits() {
  local key
  key=$(openssl pkey -in "$1" -pubout 2>/dev/null) && [ -n "$key" ] &&
    [ "$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null)" = "$key" ]
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }
handshake() { openssl s_client -connect 127.0.0.1:443 -servername www.example.com </dev/null 2>/dev/null | fingerprint; }

serves() {
  for _ in {1..20}; do
    [ "$(handshake)" != "$1" ] || return 0
    sleep 0.5
  done
  return 1
}

ask() { socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock; }

put_into_use() {
  # An empty line ends what the socket reads.
  if { printf 'set ssl cert %s <<\n' "$served" && grep -v '^[[:space:]]*$' "$served" && echo; } | ask >/dev/null &&
    ask <<<"commit ssl cert $served" | grep -q '^Success'; then return 0; fi
  say 4 "haproxy did not take the certificate while running: reloading it"
  ask <<<"abort ssl cert $served" >/dev/null || true
  systemctl reload haproxy.service
}

announce_issued() { ask <<<"set map /etc/platform/edge/issued.map https yes" >/dev/null; }

if [ "${1-}" = placeholder ]; then
  placeholder
  exit
fi
[ -s "$fresh" ] || exit 0
if cmp -s "$fresh" "$served" && [ "$(cat /run/platform-certificate-served 2>/dev/null)" = "$(fingerprint <"$served")" ]; then exit 0; fi
candidate=$(mktemp "$served.XXXXXXXX")
cat "$fresh" >"$candidate"
fits "$candidate" || { say 3 "$fresh is no certificate with its key: the old one stays"; exit 1; }
wanted=$(fingerprint <"$candidate")
put_candidate
systemctl is-active --quiet haproxy.service || exit 0
[ "$(handshake)" = "$wanted" ] || put_into_use
serves "$wanted" || { say 3 "haproxy does not serve the new certificate, which lies in $served"; exit 1; }
mark_issued /etc/platform/edge/issued.map
mark_issued /etc/platform/edge/issued
announce_issued
printf '%s' "$wanted" >/run/platform-certificate-served
say 5 "haproxy serves the certificate ${wanted#*=}"
END_f9afb62cbb71

put_file '/usr/local/lib/platform-edge/await-machines' 'root' 'root' '0755' <<'END_68e044853977'
#!/bin/bash
# Succeeds when visitors may be sent to the machines of the new configuration.
set -euo pipefail
export LC_ALL=C.UTF-8
new=(10.0.2.11:80 10.0.2.12:80)
patience=${1:-900} others=${2:-60}

ready() {
  local path
  for path in /.platform/ping /.platform/ready; do
    curl -fsS -m 5 -o /dev/null -H 'Host: www.example.com' "http://$1$path" 2>/dev/null || return 1
  done
}
count_ready() {
  local machine count=0
  for machine in "$@"; do if ready "$machine"; then count=$((count + 1)); fi; done
  echo "$count"
}

systemctl is-active --quiet haproxy.service || exit 0
mapfile -t old < <(awk '
  $1 == "backend" || $1 == "upstream" { inside = $2 == "app"; next }
  /^[a-z]/ || $1 == "}" { inside = 0 }
  inside && $1 == "server" { for (i = 2; i <= 3; i++) if ($i ~ /^[0-9.]+:[0-9]+;?$/) { sub(/;/, "", $i); print $i } }
' /etc/haproxy/haproxy.cfg 2>/dev/null | sort -u)
for machine in "${new[@]}"; do
  # It stays, and whoever comes beside it gets visitors when it is ready.
  [[ " ${old[*]} " != *" $machine "* ]] || exit 0
done
[ "${#old[@]}" -gt 0 ] && [ "$(count_ready "${old[@]}")" -gt 0 ] || exit 0

echo "visitors stay with ${old[*]} until ${new[*]} are ready"
first='' lost=0
while true; do
  count=$(count_ready "${new[@]}")
  [ "$count" -lt "${#new[@]}" ] || exit 0
  if [ "$count" -gt 0 ]; then
    first=${first:-$SECONDS}
    [ $((SECONDS - first)) -lt "$others" ] || exit 0
  else
    first=''
  fi
  # Where nobody serves any more there is nothing to wait with.
  if [ "$(count_ready "${old[@]}")" -gt 0 ]; then lost=0; else lost=$((lost + 1)); fi
  [ "$lost" -lt 5 ] || exit 0
  [ "$SECONDS" -lt "$patience" ] || break
  sleep 1
done
echo "none of ${new[*]} is ready after $patience s, so visitors stay with ${old[*]}: look at platform-status on the new machines, then repeat pulumi up" >&2
exit 1
END_68e044853977

put_file '/etc/haproxy/haproxy.cfg' 'root' 'root' '0600' '/usr/local/lib/platform-edge/install-certificate placeholder && haproxy -c -q -f "$1" && /usr/local/lib/platform-edge/await-machines' <<'END_d9a1e991e757'
global
  # With the level in front, which the reader looks at.
  log stdout format short daemon
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  stats socket /run/haproxy/admin.sock mode 660 level admin
  stats timeout 30s
  # More than visitors may have, so that health is answered while they have all of theirs.
  maxconn 24200
  # Where a machine may not open that many files, fewer connections are better than no load balancer.
  no strict-limits
  # An old worker that somebody's open connection keeps alive must end, and each of them has its memory.
  hard-stop-after 300s
  mworker-max-reloads 10
  server-state-base /run/haproxy
  server-state-file server-state
  localpeer edge1
  ssl-default-bind-curves X25519MLKEM768:X25519:prime256v1:secp384r1
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets

defaults
  mode http
  log global
  option httplog
  # What failed is logged as an error.
  option log-separate-errors
  option dontlognull
  timeout connect 3s
  timeout client 30s
  timeout server 35s
  timeout http-request 10s
  timeout http-keep-alive 30s
  timeout queue 10s
  timeout tunnel 1h
  load-server-state-from-file global

peers balancers
  bind 10.0.1.11:8409
  server edge1
  server edge2 10.0.1.12:8409
  table edge1 type ipv6 size 100000 expire 30000ms store http_req_rate(10000ms)
  table edge2 type ipv6 size 100000 expire 30000ms store http_req_rate(10000ms)

backend being_answered
  stick-table type ipv6 size 100000 expire 1m store conn_cur

frontend visitors
  maxconn 24000
  bind :80
  bind :443 ssl crt /etc/platform/secrets/issued.pem alpn h2,http/1.1
  option http-buffer-request
  stick-table type ipv6 size 100000 expire 1m store conn_cur
  tcp-request connection track-sc0 src,ipmask(32,64)
  tcp-request connection reject if { sc0_conn_cur gt 1000 }
  # After a reload the old worker ends a visitor's connection with an answer, never between two.
  option idle-close-on-response
  # What the application believes about the visitor comes from here alone.
  http-request del-header X-Forwarded-For
  http-request del-header Forwarded
  http-request del-header X-Request-ID
  http-request del-header X-Platform-Any-Replica
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
  http-request set-header X-Forwarded-Port %[dst_port]
  option forwardfor
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  http-after-response set-header X-Edge edge1
  # Visitors can say by which id their request is logged.
  http-after-response set-header X-Request-ID %[unique-id]
  log-format "${HAPROXY_HTTP_LOG_FMT} %ID"
  acl asks_state path /.well-known/platform-edge
  acl may_be_peer req.hdr(X-Platform-Question) -m reg ^[0-9]{10}\.[0-9a-f]{64}$
  acl may_be_peer req.hdr(X-Platform-Key) -m reg ^[0-9a-f]{64}$
  http-request deny deny_status 404 if asks_state !may_be_peer
  http-request track-sc1 src table asking_for_state if asks_state
  http-request deny deny_status 429 if asks_state { sc1_http_req_rate gt 200 }
  http-request set-log-level silent if asks_state
  # Traefik decodes a path and resolves its dots and double slashes before it compares.
  acl is_internal path_beg /.platform/
  acl is_internal path,url_dec -m sub /.platform/
  http-request deny deny_status 404 if is_internal
  acl asks_challenge path_beg /.well-known/acme-challenge/
  acl issued str(https),map(/etc/platform/edge/issued.map,no) -m str yes
  http-request allow if asks_challenge
  acl is_unlimited path /health /assets /static
  acl is_unlimited path_beg /health/ /assets/ /static/
  acl is_crooked path_sub .. // %
  http-request set-var(txn.is_counted) bool(true) if !is_unlimited !asks_state or is_crooked
  acl is_counted var(txn.is_counted) -m bool
  http-request track-sc1 src,ipmask(32,64) table being_answered unless asks_state
  http-request deny deny_status 429 hdr Retry-After 10 content-type text/plain string "too many requests" if { sc1_conn_cur gt 1000 }
  http-request set-var(txn.asked_there) src,ipmask(32,64),table_http_req_rate(balancers/edge2) if is_counted
  acl asked_enough src,ipmask(32,64),table_http_req_rate(balancers/edge1),add(txn.asked_there) ge 2000
  http-request deny deny_status 429 hdr Retry-After 10 content-type text/plain string "too many requests" if is_counted asked_enough
  http-request track-sc2 src,ipmask(32,64) table balancers/edge1 if is_counted
  http-request set-var(txn.asked_name) req.hdr(Host),host_only,lower,rtrim(.)
  acl known_host var(txn.asked_name) -m str www.example.com
  http-request deny deny_status 421 if !known_host !asks_state
  http-request redirect prefix https://www.example.com code 308 if !{ ssl_fc } !asks_state issued !known_host
  http-request redirect prefix https://%[var(txn.asked_name)] code 308 if !{ ssl_fc } !asks_state issued
  use_backend agent if { path /.well-known/platform-edge }
  use_backend challenges if asks_challenge
  # A site that looks sick everywhere is tried all the same: it may only be slow.
  use_backend anyone if { nbsrv(app) lt 1 }
  use_backend streams if { req.hdr(Upgrade) -i websocket } or { req.hdr(Accept) -m sub text/event-stream }
  default_backend app

frontend health
  bind 10.0.1.11:8404
  bind 127.0.0.1:8404
  option dontlog-normal
  monitor-uri /healthz
  monitor fail if { nbsrv(reach) lt 1 }
  monitor fail if { stopping }
  http-request return status 200 content-type text/plain string alive if { path /alive }
  http-request return status 503 content-type text/plain string "no node is ready" if { path /ready } { nbsrv(app) lt 1 }
  http-request return status 200 content-type text/plain string ready if { path /ready }
  http-request use-service prometheus-exporter if { path /metrics }
  http-request deny deny_status 404 unless { path /state } or { path_beg /stats }
  stats enable
  stats uri /stats
  stats refresh 5s
  use_backend agent if { path /state }

backend app
  balance roundrobin
  # A connection must come about within `inter`; an answer may take longer on a busy machine.
  timeout check 4s
  option httpchk
  http-check connect
  http-check send meth GET uri /.platform/ping ver HTTP/1.1 hdr Host www.example.com
  http-check expect status 200-299
  http-check connect
  http-check send meth GET uri /.platform/ready ver HTTP/1.1 hdr Host www.example.com
  http-check expect status 200-299
  option srvtcpka
  srvtcpka-idle 1s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
  retries 1
  option redispatch 1
  retry-on conn-failure empty-response 502 503
  # Only what may be repeated is repeated: a connection that never came about is not a repetition.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  default-server check inter 1s fastinter 250ms downinter 1s fall 3 rise 2 slowstart 5s observe layer7 error-limit 3 on-error fastinter tcp-ut 3s
  server app1 10.0.2.11:80 maxconn 2500
  server app2 10.0.2.12:80 maxconn 2500

backend streams
  balance roundrobin
  # An event stream may be silent for as long as a WebSocket.
  timeout server 1h
  option srvtcpka
  srvtcpka-idle 1s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
  retries 1
  option redispatch 1
  retry-on conn-failure empty-response 502 503
  # Only what may be repeated is repeated: a connection that never came about is not a repetition.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  default-server tcp-ut 3s maxconn 24000
  server app1 10.0.2.11:80 track app/app1
  server app2 10.0.2.12:80 track app/app2

backend anyone
  balance roundrobin
  http-request set-header X-Platform-Any-Replica yes
  option srvtcpka
  srvtcpka-idle 1s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
  retries 1
  option redispatch 1
  retry-on conn-failure empty-response 502 503
  # Only what may be repeated is repeated: a connection that never came about is not a repetition.
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  default-server tcp-ut 3s
  server app1 10.0.2.11:80 maxconn 2500
  server app2 10.0.2.12:80 maxconn 2500

backend reach
  # A connection alone is asked for, which the kernel of a busy node gives too.
  default-server check inter 500ms fastinter 250ms downinter 1s fall 2 rise 1
  server app1 10.0.2.11:80
  server app2 10.0.2.12:80

backend challenges
  balance roundrobin
  timeout connect 1s
  timeout queue 2s
  timeout server 10s
  retries 1
  option redispatch 1
  retry-on conn-failure
  server self 10.0.1.11:8407 maxconn 16
  server peer 10.0.1.12:8407 maxconn 16

backend agent
  timeout queue 1s
  timeout server 2s
  server agent 127.0.0.1:8405 maxconn 8

backend asking_for_state
  stick-table type ipv6 size 10k expire 10s store http_req_rate(10s)
END_d9a1e991e757

put_file '/usr/local/lib/platform-edge/reload-haproxy' 'root' 'root' '0755' <<'END_22b6e673f2c8'
#!/bin/bash
# Reloads HAProxy: keeps drained nodes drained, and fails when the new worker does not come up.
set -euo pipefail

ask() { socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock; }
trap 'rm -f /run/haproxy/server-state' EXIT

if servers=$(ask <<<"show servers state"); then
  # The old worker serves the connections that are open. A node that leaves may be gone before they are; where all
  # leave at once (web servers come between) the old worker has nobody else, and they serve until it has ended.
  leaving=() stays=no
  while read -r backend name; do
    if grep -q "^  server $name " /etc/haproxy/haproxy.cfg; then stays=yes; else leaving+=("$backend/$name"); fi
  done < <(awk '$2 ~ /^(app|streams|anyone)$/ { print $2, $4 }' <<<"$servers")
  if [ "$stays" = no ]; then leaving=(); fi
  # One connection each: HAProxy reads one line of it.
  for server in "${leaving[@]}"; do ask <<<"set server $server state drain"; done
  awk '
function port(endpoint) { sub(/.*:/, "", endpoint); return endpoint }
function has(word,  i) { for (i = 1; i <= NF; i++) if ($i == word) return 1; return 0 }
FNR == 1 { part++ }
part == 1 && /^[a-z]/ { section = $1 == "backend" ? $2 : ""; tls = 0; checked = 0 }
part == 1 && $1 == "default-server" { tls = has("ssl"); checked = has("check") }
part == 1 && $1 == "server" {
  key = section "/" $2
  endpoint[key] = $3
  ssl[key] = (tls || has("ssl")) && !has("no-ssl")
  check[key] = (checked || has("check")) && !has("no-check")
}
part == 2 && FNR <= 2 { print }
part == 2 && FNR > 2 && ($2 "/" $4) in endpoint && $2 ~ /^(app|streams|anyone)$/ {
  key = $2 "/" $4
  out = $7 % 2 + int($7 / 8) % 2 * 8
  same = endpoint[key] == $5 ":" $19
  down = $2 == "app" && $6 == 0 && $7 % 2 == 0 && same && check[key]
  print $1, $2, $3, $4, $5, (down ? 0 : 2), out, 1, 1, 3600, 1, 0, (down ? 0 : 999), 6, 0, 0, 0, "-", port(endpoint[key]), "-", ssl[key], 0, "-", "-", 0
}
' /etc/haproxy/haproxy.cfg <(printf '%s\n' "$servers") >/run/haproxy/server-state.new
  mv /run/haproxy/server-state.new /run/haproxy/server-state
fi
answer=$(echo reload | socat -t 30 - UNIX-CONNECT:/run/haproxy-master.sock)
printf '%s\n' "$answer"
grep -q '^Success=1' <<<"$answer"
END_22b6e673f2c8

put_file '/etc/systemd/system/haproxy.service.d/platform.conf' 'root' 'root' '0644' <<'END_6604449dbb65'
[Unit]
StartLimitIntervalSec=0
Wants=platform-request-log.socket
After=platform-request-log.socket

[Service]
Restart=always
StandardOutput=file:/run/platform-request-log
StandardError=journal
RestartSec=100ms
# Among programs that want the processor, visitors come first.
CPUWeight=1000
# For what it says itself, and all its lines until it starts anew after an update from before there was a pipe.
LogRateLimitIntervalSec=10s
LogRateLimitBurst=50000
RuntimeDirectory=haproxy
RuntimeDirectoryPreserve=yes
ExecReload=
ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS
ExecReload=/usr/local/lib/platform-edge/reload-haproxy
# Left by a reload that was killed: what it says is old.
ExecStartPre=/bin/rm -f /run/haproxy/server-state
END_6604449dbb65

put_file '/usr/local/sbin/platform-request-log' 'root' 'root' '0755' <<'END_c62eec8060db'
#!/usr/bin/perl
# Writes what HAProxy logs into the journal: many lines of requests as one entry, each other line as its own.
use strict;
use warnings;
use Socket;
socket my $journal, AF_UNIX, SOCK_DGRAM, 0 or die "socket: $!";
connect $journal, pack_sockaddr_un('/run/systemd/journal/socket') or die "connect: $!";

sub entry {
    my ($level, $lines) = @_;
    chomp $lines;
    my $message = pack('Q<', length $lines) . $lines;
    defined send $journal, "PRIORITY=$level\nSYSLOG_IDENTIFIER=haproxy\nMESSAGE\n$message\n", 0 or die "send: $!";
}

vec(my $input = '', 0, 1) = 1;
my $text = '';
while (select(my $ready = $input, undef, undef, 60) > 0) {
    # Less than an entry may hold, and more than fits would be waiting in the pipe.
    defined(my $count = sysread STDIN, $text, 65536, length $text) or die "read: $!";
    my $end = rindex($text, "\n") + 1 or next;
    my $requests = '';
    for (split /^/, substr($text, 0, $end, '')) {
        my $level = s/^<([0-7])>// ? $1 : 6;
        if ($level < 6) { entry($level, $_) }
        else { $requests .= $_ }
    }
    entry(6, $requests) if length $requests;
    select undef, undef, undef, 0.2 if $count < 65536;
}
END_c62eec8060db

put_file '/etc/systemd/system/platform-request-log.socket' 'root' 'root' '0644' <<'END_3f4d69c627c4'
[Unit]
Description=Lines that HAProxy logs
# Without it HAProxy does not start again.
RefuseManualStop=yes

[Socket]
ListenFIFO=/run/platform-request-log
SocketMode=0600
PipeSize=1M
# A load balancer with few visitors starts the reader with each.
TriggerLimitIntervalSec=0
END_3f4d69c627c4

put_file '/etc/systemd/system/platform-request-log.service' 'root' 'root' '0644' <<'END_4dc68f50ef0c'
[Unit]
Description=Lines that HAProxy logs
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-request-log
StandardInput=socket
StandardOutput=journal
StandardError=journal
SyslogIdentifier=haproxy
# journalctl -u finds it under HAProxy's unit.
LogExtraFields=OBJECT_SYSTEMD_UNIT=haproxy.service
# It must be root for that, and reads what strangers wrote.
CapabilityBoundingSet=
NoNewPrivileges=yes
LogRateLimitIntervalSec=10s
LogRateLimitBurst=50000
END_4dc68f50ef0c

put_file '/usr/local/lib/platform-edge/address.py' 'root' 'root' '0644' <<'END_adb39d9c5e42'
"""A floating IP at the API: which server has it, and taking it. IPv6 has a network in the place of an address."""

import time
from collections import deque
from enum import Enum

from hetzner import Api
from log import Log

UNKNOWN = -1


class Taken(Enum):
    """What became of the attempt to take an address."""

    MOVED = "moved"
    # The API moves only what nobody has, and now nobody has it.
    FREED = "freed"
    # Another action runs on it and ends soon, or this one ended with an error.
    BUSY = "busy"
    # There is no such server, or no such address.
    GONE = "gone"
    REFUSED = "refused"


class Address:
    def __init__(self, name: str, address_id: int, api: Api, log: Log) -> None:
        self.name = name
        self._path = f"/floating_ips/{address_id}"
        self._api = api
        self._log = log
        # Server that the API routes it to; None: nobody.
        self.owner: int | None = UNKNOWN
        self.read_at = float("-inf")
        self._moves: deque[float] = deque(maxlen=10)

    def read(self) -> bool:
        """Learns the owner. False: the API did not tell."""
        answer = self._api.call("GET", self._path)
        if not answer.ok or "floating_ip" not in answer.body:
            self._log.complain(f"reading the owner of {self.name}", answer)
            return False
        self.owner, self.read_at = answer.body["floating_ip"]["server"], time.monotonic()
        return True

    def forget(self) -> None:
        """The owner is asked for again before anything depends on it."""
        self.read_at = float("-inf")

    def age(self) -> float:
        """Seconds since the API told the owner."""
        return time.monotonic() - self.read_at

    def recent_moves(self) -> int:
        """Finished moves to this machine within the last minute."""
        return sum(1 for moment in self._moves if time.monotonic() - moment < 60)

    def take(self, server: int | None) -> Taken:
        """Whatever comes of it, the next round looks at the world again: the API's word, not the action's."""
        self._log.say(5, f"taking {self.name} from server {self.owner}")
        answer = self._api.insist("POST", self._path + "/actions/assign", {"server": server})
        self.forget()
        if answer.ok:
            if not self._api.settle(answer):
                self._log.say(4, "the move ended with an error: trying again")
                return Taken.BUSY
            self.owner = server
            self._moves.append(time.monotonic())
            self._log.say(5, f"{self.name} is routed to server {server}")
            return Taken.MOVED
        self._log.complain(f"taking {self.name}", answer)
        if answer.status == 422 and answer.code == "floating_ip_assigned":
            return self._release(server)
        if answer.status == 404:
            return Taken.GONE
        return Taken.BUSY if answer.status in (409, 423) else Taken.REFUSED

    def _release(self, server: int | None) -> Taken:
        """For an API that moves an address only when nobody has it."""
        if not self.read() or self.owner == server:
            return Taken.BUSY
        answer = self._api.call("POST", self._path + "/actions/unassign", {})
        if answer.ok and self._api.settle(answer):
            self.owner = None
            return Taken.FREED
        return Taken.BUSY
END_adb39d9c5e42

put_file '/usr/local/lib/platform-edge/agent.py' 'root' 'root' '0644' <<'END_dc2ac55ce813'
"""Keeps "the VRRP master owns the floating IP and the NAT route" true, for ever.

Usage: agent.py CONFIG.json TOKEN_FILE STATE_FILE
"""

import hmac
import json
import os
import signal
import sys
import time
from email.message import Message
from pathlib import Path
from typing import Any

from address import UNKNOWN, Address, Taken
from decision import Situation, Verdict, decide
from hetzner import Api
from local import Events, Flag, Health, answer_requests, is_master, publish
from log import Log
from outside import OutsideWatch
from peer import FORMER_HEADER, Peer
from route import Refused, lead_default_route
from signing import NONCE_HEADER, QUESTION_HEADER, Key
from twin import Twin

# Longest sleep, and ages at which the API's answers are asked for again: the standby asks too, so that a
# revoked token is noticed before it is needed.
TIMER = 8.0
OWNER_AGE_MASTER = 7.5
OWNER_AGE_STANDBY = 30.0
ROUTE_AGE = 30.0
SLOWEST_RETRY = 2.5


class Agent:
    def __init__(self, config: dict[str, Any], token: str, state_path: str) -> None:
        self.config = config
        self.api = Api(config["apiEndpoint"], token)
        self.log = Log()
        self.address = Address("the address", config["floatingIpId"], self.api, self.log)
        self.twin: Twin | None = None
        if "floatingIpv6Id" in config:
            # Its calls go beside those of the rounds, so what they come to is kept apart.
            api = Api(config["apiEndpoint"], token)
            self.twin = Twin(config["floatingIpv6Id"], api, lambda: is_master(config["marker"]))
        self.key = Key(config["peer"]["key"])
        self.peer = Peer(config["peer"], self.key)
        self.outside = OutsideWatch(config, self.peer.reached_outside, self.log)
        self.owns = Flag(config["ownerFile"], self.log)
        self.health = Health(config["healthUrl"])
        self.state_path = state_path
        self.me: int | None = None
        self.peer_id: int | None = None
        self.route_at = float("-inf")
        self.identified_at = float("-inf")
        self.master_since: float | None = None
        self.verdict = Verdict.REST
        self.failures = 0

    def run(self) -> None:
        events = Events(self.config["fifo"])
        answer_requests(self.config["port"], self.live_state, self.sign, self.may_ask)
        self.health.watch()
        self.peer.watch()
        self.outside.watch()
        if self.twin is not None:
            self.twin.watch()
        while True:
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001
                # A defect of one round must not end the failover for ever.
                self.log.say(3, f"round failed: {type(error).__name__}: {error}")
                pause = SLOWEST_RETRY
            self.owns.set(self.is_owner())
            sides = {side.name: side.describe() for side in (self.peer.private, self.peer.public)}
            publish(self.state_path, self.live_state() | {"peer": sides, "at": time.time()})
            events.wait(pause)

    def step(self) -> float:
        """One round. Returns the seconds until the next one is due."""
        unknown = self.me is None or (self.peer_id is None and self.older(self.identified_at, 60))
        if unknown and not self.identify():
            return self.retry()
        master = is_master(self.config["marker"])
        if master and self.master_since is None:
            self.master_since = time.monotonic()
            self.address.forget()
            self.peer.hurry()
        elif not master:
            self.master_since = None
        self.peer.pace(owner=master and self.is_owner())
        # What the last heartbeat said is good enough to act on; only when it asks for nothing, ask again.
        self.verdict = self.judge(master) if self.address.owner != UNKNOWN else Verdict.REST
        oldest = OWNER_AGE_MASTER if master else OWNER_AGE_STANDBY
        if self.verdict is Verdict.REST and self.address.age() >= oldest:
            if not self.read_owner():
                return self.retry()
            self.verdict = self.judge(master)
        if self.twin is not None:
            self.twin.keep(self.me, master and self.is_owner())
        if self.verdict is Verdict.CLAIM:
            return self.claim()
        if self.verdict is not Verdict.REST:
            return self.hold()
        if master and self.older(self.route_at, ROUTE_AGE) and not self.fix_route():
            return self.retry()
        self.failures = 0
        self.log.say(6, "master and owner" if master else "standby")
        return TIMER

    def hold(self) -> float:
        """Master without the address, and rightly so for now."""
        if self.verdict is not Verdict.ASK_PEER:
            self.log.say(3, f"master, but the address stays with server {self.address.owner}: {self.verdict.value}")
            if self.address.age() >= OWNER_AGE_MASTER and not self.read_owner():
                return self.retry()
            if self.older(self.master_since or 0, 10):
                return 0.5
        # Who has just become master waits for what the other one is about to notice.
        self.peer.hurry()
        return 0.1

    def judge(self, master: bool) -> Verdict:
        return decide(
            Situation(
                master=master,
                owner=self.address.owner,
                me=self.me or 0,
                peer_id=self.peer_id,
                peer=self.peer.view(self.master_since or 0),
                recent_claims=self.address.recent_moves(),
                first=self.config["first"],
            )
        )

    def identify(self) -> bool:
        """Learns both server ids and the peer's public address by their names."""
        self.identified_at = time.monotonic()
        own = self.api.call("GET", f"/servers?name={self.config['self']['server']}")
        other = self.api.call("GET", f"/servers?name={self.config['peer']['server']}")
        if not own.ok or not other.ok or not own.body.get("servers"):
            self.log.complain("looking the servers up", own if not own.ok else other)
            return False
        self.me = own.body["servers"][0]["id"]
        for server in other.body.get("servers", []):
            self.peer_id = server["id"]
            address = ((server.get("public_net") or {}).get("ipv4") or {}).get("ip")
            if address:
                self.peer.public.url = f"http://{address}{self.config['peer']['publicPath']}"
                self.outside.peer_address = address
        return True

    def is_owner(self) -> bool:
        """By what the API said last."""
        return self.me is not None and self.address.owner == self.me

    def read_owner(self) -> bool:
        if not self.address.read():
            return False
        if self.address.owner not in (None, self.me, self.peer_id) and self.older(self.identified_at, 30):
            # Perhaps the peer was rebuilt and has a new id.
            self.identify()
        return True

    def claim(self) -> float:
        if self.twin is not None:
            self.twin.take(self.me)
        taken = self.address.take(self.me)
        if taken is Taken.MOVED:
            self.failures = 0
            self.route_at = float("-inf")
        if taken is Taken.GONE:
            self.me = None
        if taken in (Taken.MOVED, Taken.FREED):
            return 0
        return 0.5 if taken is Taken.BUSY else self.retry()

    def fix_route(self) -> bool:
        if self.config["networkId"] is None:
            return True
        mine = self.config["self"]["privateIp"]
        try:
            if lead_default_route(self.api, self.config["networkId"], mine):
                self.log.say(5, f"the default route of the private network leads to {mine}")
        except Refused as refused:
            self.log.complain(refused.what, refused.answer)
            return False
        self.route_at = time.monotonic()
        return True

    def retry(self) -> float:
        """Never gives up, never floods: 429 leaves at most 24 calls a minute."""
        self.failures += 1
        status = self.api.last.status
        if status in (409, 423):
            return 0.5
        if status in (401, 403, 429):
            return SLOWEST_RETRY
        return min(SLOWEST_RETRY, 0.25 * float(2 ** min(self.failures, 5)))

    def older(self, moment: float, seconds: float) -> bool:
        return time.monotonic() - moment >= seconds

    def sign(self, nonce: str, content: bytes) -> str:
        return self.key.sign(self.config["self"]["server"], nonce, content)

    def may_ask(self, path: str, headers: Message) -> bool:
        """The proxies lead strangers to the public page alone, and there the peer says who it is."""
        if path != self.config["publicPage"]:
            return True
        nonce, question = headers.get(NONCE_HEADER, ""), headers.get(QUESTION_HEADER, "")
        if self.key.asked(self.config["self"]["server"], path, nonce, question, time.time()):
            return True
        # A peer of the release before, while both are being updated.
        shown = headers.get(FORMER_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self.config["peer"]["pass"].encode())

    def live_state(self) -> dict[str, Any]:
        """Asked anew for every request of the peer, so that it is never older than the request."""
        return {
            "vrrp": "MASTER" if is_master(self.config["marker"]) else "BACKUP",
            "serves": self.health.serves(),
            "server": self.me,
            "owner": None if self.address.owner == UNKNOWN else self.address.owner,
            "verdict": self.verdict.value,
            "api": str(self.api.last),
            "apiOkAt": self.api.succeeded_at,
            **({} if self.twin is None else {"ipv6": self.twin.describe()}),
            "judgesQuestions": True,
        } | self.outside.describe()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    config, token = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    Agent(json.loads(config), token.strip(), sys.argv[3]).run()


if __name__ == "__main__":
    main()
END_dc2ac55ce813

put_file '/usr/local/lib/platform-edge/decision.py' 'root' 'root' '0644' <<'END_88e33487f8a2'
"""Who moves the floating IP, and who leaves it to the other one. Pure: no clock, no network."""

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    REST = "rest"
    CLAIM = "claim"
    # The peer is master as well and serves: VRRP is cut, the visitors are not.
    PARTITION = "partition"
    # Too many moves in a short time: somebody else moves the address too.
    BRAKE = "brake"
    # The peer has not been asked often enough yet.
    ASK_PEER = "ask peer"


class PeerView(NamedTuple):
    """What the probes of the last moments say about the other load balancer."""

    # It answered over the private or the public side.
    answered: bool
    # Its agent answered too, so the two fields below are its own words.
    has_agent: bool = False
    master: bool = False
    # It has application nodes to send visitors to.
    serves: bool = False
    # Both sides were asked at least twice and nobody answered.
    silent: bool = False


class Situation(NamedTuple):
    master: bool
    # Server that the API routes the address to; None: nobody.
    owner: int | None
    me: int
    peer_id: int | None
    peer: PeerView
    # Finished moves by this machine within the last minute.
    recent_claims: int
    # The machine that takes an address which nobody has while nobody is master.
    first: bool


CLAIMS_PER_MINUTE = 2


def decide(now: Situation) -> Verdict:
    if now.owner == now.me:
        return Verdict.REST
    if not now.master:
        # A pair without backends has no master, and its address must lead somewhere all the same.
        if not now.first or now.owner is not None or now.peer.master:
            return Verdict.REST
        if not now.peer.answered and not now.peer.silent:
            return Verdict.ASK_PEER
        return Verdict.CLAIM if now.recent_claims < CLAIMS_PER_MINUTE else Verdict.REST
    if now.owner == now.peer_id and now.owner is not None:
        if now.peer.answered:
            # Without an agent the peer cannot fight back, and a peer without backends serves nobody.
            if now.peer.has_agent and now.peer.master and now.peer.serves:
                return Verdict.PARTITION
        elif not now.peer.silent:
            return Verdict.ASK_PEER
    if now.recent_claims >= CLAIMS_PER_MINUTE:
        return Verdict.BRAKE
    return Verdict.CLAIM


class Outside(NamedTuple):
    """What the public sides of both machines reach. Moments are of this machine's clock."""

    # Rounds in a row in which nobody answered this machine.
    lost_rounds: int
    # When the first of them began.
    lost_at: float
    # When the peer has asked somebody who answered, by its own word; None: nobody knows.
    peer_reached_at: float | None
    now: float


LOST_ROUNDS = 2
# Longer than an answer is under way: when both lose their public side at one moment, what the peer has reached before
# that moment proves nothing.
LOST_MARGIN = 0.3
# The peer's word holds for so long.
REACHED_FRESH = 3.0


def steps_aside(outside: Outside) -> bool:
    """Whether the other machine shall be master because visitors reach it and not this one.

    Where neither reaches anybody, or nobody knows what the other one reaches, the address stays where it is.
    """
    if outside.lost_rounds < LOST_ROUNDS or outside.peer_reached_at is None:
        return False
    reached_since = outside.peer_reached_at > outside.lost_at + LOST_MARGIN
    return reached_since and outside.now - outside.peer_reached_at < REACHED_FRESH
END_88e33487f8a2

put_file '/usr/local/lib/platform-edge/hetzner.py' 'root' 'root' '0644' <<'END_fc701348326f'
"""Calls to the Hetzner Cloud API: every outcome is a value, nothing is given up silently."""

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple


class Answer(NamedTuple):
    # 0: no answer at all.
    status: int
    # Hetzner's error code, or what the network said.
    code: str
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.code}".strip()


# Names keep their last known addresses, so that a dead resolver cannot stop a failover.
_known_addresses: dict[Any, Any] = {}
_resolve = socket.getaddrinfo


def _remembering_getaddrinfo(*query: Any, **options: Any) -> Any:
    key = (query, tuple(sorted(options.items())))
    try:
        _known_addresses[key] = _resolve(*query, **options)
    except OSError:
        if key not in _known_addresses:
            raise
    return _known_addresses[key]


socket.getaddrinfo = _remembering_getaddrinfo


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        # What a request carries must not follow to another host.
        return None


class Api:
    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self._opener = urllib.request.build_opener(NoRedirects)
        self._threads = ThreadPoolExecutor(max_workers=8)
        self.last = Answer(0, "not called yet", {})
        # Time of day of the last call that succeeded.
        self.succeeded_at: float | None = None

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, timeout: float = 3) -> Answer:
        return self._remember(self._call(method, path, body, timeout))

    def _remember(self, answer: Answer) -> Answer:
        self.last = answer
        if answer.ok:
            self.succeeded_at = time.time()
        return answer

    def _call(self, method: str, path: str, body: dict[str, Any] | None, timeout: float) -> Answer:
        request = urllib.request.Request(
            self._endpoint + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Bearer " + self._token,
                "Content-Type": "application/json",
                "User-Agent": "hetzner-platform-agent",
            },
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return Answer(response.status, "", _json(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                content = _json(_quiet_read(error))
            detail = content.get("error")
            return Answer(error.code, str(detail.get("code", "")) if isinstance(detail, dict) else "", content)
        except (OSError, ValueError) as error:
            return Answer(0, type(error).__name__ + ": " + str(error), {})

    def insist(self, method: str, path: str, body: dict[str, Any], every: float = 3, limit: float = 15) -> Answer:
        """The first answer of several attempts: a slow API and one that swallows requests look alike at first."""
        attempts: set[Future[Answer]] = set()
        begin = time.monotonic()
        while time.monotonic() - begin < limit:
            attempts.add(self._threads.submit(self._call, method, path, body, limit))
            done, attempts = wait(attempts, timeout=every, return_when=FIRST_COMPLETED)
            if done:
                self._remember(max((attempt.result() for attempt in done), key=lambda answer: answer.status != 0))
                if self.last.status != 0 or not attempts:
                    return self.last
        self.last = Answer(0, f"no answer within {limit} s", {})
        return self.last

    def settle(self, answer: Answer, limit: float = 20) -> bool:
        """Waits until the action of an accepted request has ended. False: it failed, or nobody knows."""
        action = answer.body.get("action") or {}
        deadline = time.monotonic() + limit
        while action.get("status") == "running" and time.monotonic() < deadline:
            time.sleep(0.25)
            polled = self.call("GET", f"/actions/{action.get('id')}")
            if polled.ok:
                action = polled.body.get("action") or {}
            elif polled.status in (401, 403, 404):
                return False
            else:
                time.sleep(2.25 if polled.status == 429 else 0.75)
        return bool(action.get("status") == "success")


def _json(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _quiet_read(response: Any) -> bytes:
    try:
        return bytes(response.read())
    except OSError:
        return b""
END_fc701348326f

put_file '/usr/local/lib/platform-edge/local.py' 'root' 'root' '0644' <<'END_41342b06969b'
"""This machine: its VRRP state as the kernel shows it, whether it serves, and the page that says so."""

import http.client
import json
import os
import select
import threading
import time
import urllib.request
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from log import Log
from signing import NONCE_HEADER, SIGNATURE_HEADER


def is_master(marker: str, table: str = "/proc/net/fib_trie") -> bool:
    """keepalived holds the marker address exactly while it is master, so the kernel knows and cannot be late."""
    previous = ""
    with open(table, encoding="ascii") as lines:
        for line in lines:
            if line.strip() == "/32 host LOCAL" and previous == marker:
                return True
            previous = line.replace("|--", "").replace("+--", "").strip()
    return False


# Seconds between two questions, and the longest that an answer may take: a slow site is no dead one.
HEALTH_INTERVAL = 0.5
HEALTH_TIMEOUT = 2.0
# Older answers say nothing about now.
HEALTH_FRESH = 4.0


class Health:
    """Whether this machine reaches an application node: asked all the time, so that nobody waits for the answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        # When the question was asked that the newest answer belongs to, and whether that was good.
        self._newest = (float("-inf"), False)

    def watch(self) -> None:
        threading.Thread(target=self._ask_forever, daemon=True).start()

    def serves(self) -> bool:
        asked_at, good = self._newest
        return good and time.monotonic() - asked_at < HEALTH_FRESH

    def _ask_forever(self) -> None:
        while True:
            begin = time.monotonic()
            self._newest = (begin, self._ask())
            time.sleep(max(0.05, HEALTH_INTERVAL - (time.monotonic() - begin)))

    def _ask(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=HEALTH_TIMEOUT) as response:
                return bool(200 <= response.status < 300)
        except (OSError, http.client.HTTPException):
            return False


class Events:
    """keepalived's notify FIFO as an alarm clock. What it says is not believed, only that something happened."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def wait(self, seconds: float) -> bool:
        if self._descriptor is None:
            try:
                # Reading and writing, so that the FIFO never reports its end when keepalived restarts.
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            except OSError:
                seconds = min(seconds, 0.5)
        descriptors = [] if self._descriptor is None else [self._descriptor]
        readable, _, _ = select.select(descriptors, [], [], seconds)
        for descriptor in readable:
            os.read(descriptor, 65536)
        return bool(readable)


class Flag:
    """A file that keepalived watches: it says 1 or 0."""

    def __init__(self, path: str, log: Log) -> None:
        self._path = path
        self._log = log
        # None: not written yet.
        self.value: bool | None = None

    def set(self, value: bool) -> None:
        if value == self.value:
            return
        try:
            with open(self._path, "r+", encoding="ascii") as file:
                file.write("1\n" if value else "0\n")
                file.truncate()
        except OSError as error:
            # All else that the agent does is worth more than this.
            self._log.say(3, f"cannot write {self._path}: {error}")
            return
        self.value = value


def publish(path: str, state: dict[str, Any]) -> None:
    """Replaces the state file in one step."""
    candidate = path + ".new"
    with open(candidate, "w", encoding="utf-8") as file:
        file.write(json.dumps(state, indent=1) + "\n")
    os.replace(candidate, path)


def answer_requests(
    port: int,
    state: Callable[[], dict[str, Any]],
    sign: Callable[[str, bytes], str],
    may_ask: Callable[[str, Message], bool],
) -> None:
    """The state for whoever may ask, signed for who sends a nonce. People, and peers of an older version, send none."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 2

        def do_GET(self) -> None:
            if not may_ask(self.path.partition("?")[0], self.headers):
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = json.dumps(state()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            signature = sign(self.headers.get(NONCE_HEADER, ""), content)
            if signature:
                self.send_header(SIGNATURE_HEADER, signature)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
END_41342b06969b

put_file '/usr/local/lib/platform-edge/log.py' 'root' 'root' '0644' <<'END_205a279cdf11'
"""What the agent says: lines for the journal, each with its priority."""

import sys

from hetzner import Answer


class Log:
    def __init__(self) -> None:
        self._said = ""

    def say(self, priority: int, line: str) -> None:
        # One line for a state that lasts, however often the loop passes it.
        if line == self._said:
            return
        self._said = line
        print(f"<{priority}>{line}", file=sys.stderr, flush=True)

    def complain(self, what: str, answer: Answer) -> None:
        if answer.status in (401, 403):
            self.say(2, f"{what}: {answer}: the token cannot move the address")
        else:
            self.say(4, f"{what}: {answer}")
END_205a279cdf11

put_file '/usr/local/lib/platform-edge/outside.py' 'root' 'root' '0644' <<'END_0c0886bc9afe'
"""Whether the public side of this machine reaches anybody, and whether it steps aside when it does not.

Who is asked: the peer's public address, which costs nobody anything, and Hetzner's resolvers, which no firewall of the
cloud closes; once they are silent the API too. Nothing is asked by ICMP, which gateways and filters may drop, and one
answer of anybody is enough.
"""

import errno
import secrets
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from decision import Outside, steps_aside
from local import Flag
from log import Log

# Seconds between two rounds, and how long one waits for its first answer.
INTERVAL = 0.5
PATIENCE = 0.6
# When the others have said nothing for so long, the API is asked as well.
PATIENCE_WITHOUT_API = 0.25
# How long the peer may need to say what it reaches itself.
PEER_PATIENCE = 0.2
# Names of the API are looked up this often, while they can be.
LOOKUP_INTERVAL = 60.0

Address = tuple[str, int]


class Question:
    """One question, under way. An answer is anything that only the one who was asked can have sent."""

    def __init__(self, kind: socket.SocketKind, address: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
        self.answered = False
        self.failed = False
        self._id = secrets.token_bytes(2)
        self._is_dns = kind == socket.SOCK_DGRAM
        if not self._is_dns:
            # Nobody sends anything over it, so nothing is lost when it is thrown away.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._judge(self.socket.connect_ex(address))
        if self._is_dns and not self.failed:
            # Who serves the root: every resolver knows it.
            query = self._id + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + struct.pack(">BHH", 0, 2, 1)
            self._try(lambda: self.socket.send(query))

    def hear(self) -> None:
        if not self._is_dns:
            self.answered = True
            self._judge(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        else:
            self._try(self._receive)

    def _receive(self) -> None:
        self.answered = self.socket.recv(512)[:2] == self._id

    def _try(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except BlockingIOError:
            pass
        except OSError as error:
            self._judge(error.errno or errno.EIO)

    def _judge(self, error: int) -> None:
        if error in (0, errno.EINPROGRESS):
            return
        # Who refuses is there.
        self.answered = error == errno.ECONNREFUSED
        self.failed = not self.answered

    def wants(self) -> int:
        return select.POLLIN if self._is_dns else select.POLLOUT


def anybody_answers(questions: list[Question], patience: float) -> bool:
    """The first answer of anybody within the time."""
    deadline = time.monotonic() + patience
    while True:
        if any(question.answered for question in questions):
            return True
        waiting = {question.socket.fileno(): question for question in questions if not question.failed}
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        poll = select.poll()
        for descriptor, question in waiting.items():
            poll.register(descriptor, question.wants())
        # What came while this program did not run counts, however late it is.
        for descriptor, _ in poll.poll(left * 1000):
            waiting[descriptor].hear()


class OutsideWatch:
    def __init__(
        self,
        config: dict[str, Any],
        peer_reached_at: Callable[[float], float | None],
        log: Log,
    ) -> None:
        """`peer_reached_at` asks the peer when it has reached somebody, for so many seconds at most."""
        outside = config["outside"]
        self._resolvers: list[str] = outside["resolvers"]
        self._dns_port: int = outside["dnsPort"]
        self._visitors_port: int = outside["visitorsPort"]
        # keepalived has no part in electing a master while it is set.
        self._flag = Flag(outside["asideFile"], log)
        self._api_endpoint: str = config["apiEndpoint"]
        self._api: list[Address] = []
        self._peer_reached_at = peer_reached_at
        self._log = log
        # Public address of the peer, once it is known.
        self.peer_address: str | None = None
        self.reached_at: float | None = None
        self._lost_rounds = 0
        self._lost_at = 0.0

    def watch(self) -> None:
        self._flag.set(False)
        for forever in (self._look_up_forever, self._ask_forever):
            threading.Thread(target=forever, daemon=True).start()

    def describe(self) -> dict[str, Any]:
        """For the peer and for people."""
        reached = self.reached_at
        return {
            "outsideAge": None if reached is None else round(time.monotonic() - reached, 3),
            "aside": self._flag.value is True,
        }

    def _ask_forever(self) -> None:
        while True:
            begin = time.monotonic()
            # Without descriptors or memory nothing is learned.
            with suppress(OSError):
                self._round(begin)
            pause = INTERVAL - (time.monotonic() - begin)
            time.sleep(max(0.05, pause))

    def _round(self, begin: float) -> None:
        if self._anybody_answers():
            self.reached_at, self._lost_rounds = begin, 0
            peer_reached_at = None
        else:
            if self._lost_rounds == 0:
                self._lost_at = begin
            self._lost_rounds += 1
            peer_reached_at = self._peer_reached_at(PEER_PATIENCE)
        seen = Outside(self._lost_rounds, self._lost_at, peer_reached_at, time.monotonic())
        self._step(steps_aside(seen))

    def _anybody_answers(self) -> bool:
        questions = [Question(socket.SOCK_DGRAM, (address, self._dns_port)) for address in self._resolvers]
        try:
            if self.peer_address is not None:
                questions.append(Question(socket.SOCK_STREAM, (self.peer_address, self._visitors_port)))
            if anybody_answers(questions, PATIENCE_WITHOUT_API):
                return True
            questions += [Question(socket.SOCK_STREAM, address) for address in self._api]
            return anybody_answers(questions, PATIENCE - PATIENCE_WITHOUT_API)
        finally:
            for question in questions:
                question.socket.close()

    def _step(self, aside: bool) -> None:
        if aside == self._flag.value:
            return
        if aside:
            self._log.say(4, "the public side reaches nobody, that of the other one does: stepping aside")
        else:
            self._log.say(5, "no reason to step aside any more")
        self._flag.set(aside)

    def _look_up_forever(self) -> None:
        endpoint = urlsplit(self._api_endpoint)
        port = endpoint.port or (80 if endpoint.scheme == "http" else 443)
        while True:
            # When nobody tells, the addresses that were known stay.
            with suppress(OSError):
                found = socket.getaddrinfo(endpoint.hostname, port, socket.AF_INET, socket.SOCK_STREAM)
                self._api = [(str(address[0]), port) for *_, address in found][:2]
            time.sleep(LOOKUP_INTERVAL)
END_0c0886bc9afe

put_file '/usr/local/lib/platform-edge/peer.py' 'root' 'root' '0644' <<'END_03a530309a84'
"""Asks the other load balancer for its state over the private and the public side, all the time."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from decision import PeerView
from hetzner import NoRedirects
from signing import NONCE_HEADER, QUESTION_HEADER, SIGNATURE_HEADER, Key, new_nonce

# What a peer of the release before wants to see, in clear.
FORMER_HEADER = "X-Platform-Key"

# Seconds between two questions: a standby must know at once, the owner of the address need not.
INTERVAL_STANDBY = 0.5
INTERVAL_OWNER = 2.0
# The peer's agent knows its answer before it is asked. Two questions without an answer must not take longer than
# keepalived's own judgement, which it is waiting for.
TIMEOUT = 0.7
# Older answers say nothing about now.
FRESH = 2.0


class Side:
    """One way to the peer. The newest answer, and how often in a row nobody answered.

    A state that the peer has not signed for this very question is no answer: whoever sent it, the peer did not. That
    the peer's proxy answers without an agent behind it is told unsigned, as nobody gains by forging it: the address
    is taken from such a peer as from one that is silent.
    """

    def __init__(self, name: str, server: str, key: Key) -> None:
        self.name = name
        # When the question was asked that is open.
        self.open_since: float | None = None
        self.server = server
        self.key = key
        self.url: str | None = None
        # What opens the page of a peer of the release before. Empty: this side is open.
        self.former_pass = ""
        # It knows the page, and not how it is asked for today.
        self.is_former = False
        # What was wrong with the newest answer, for people.
        self.problem = ""
        self.state: dict[str, Any] | None = None
        # When the question was asked that the newest answer belongs to.
        self.answered_at = float("-inf")
        self.asked_at = float("-inf")
        self.failures = 0
        self.interval = INTERVAL_STANDBY
        self.hurry = threading.Event()

    def ask(self) -> None:
        url = self.url
        if url is None:
            return
        nonce = new_nonce()
        headers = {NONCE_HEADER: nonce} | self._question(url, nonce)
        state: dict[str, Any] | None = None
        problem = ""
        answered = True
        begin = self.open_since = time.monotonic()
        try:
            with _direct.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as response:
                content = response.read(65536)
                signature = response.headers.get(SIGNATURE_HEADER, "")
            answered = self.key.signed(self.server, nonce, content, signature)
            if answered:
                state = json.loads(content)
                self.is_former = self.is_former and not (state or {}).get("judgesQuestions")
            else:
                problem = "wrong signature" if signature else "not signed"
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"status {error.code}"
            if error.code == 404 and self.former_pass:
                self.is_former = not self.is_former
                if self.is_former:
                    # During an update one of the two is older: asked in its way at once, as a peer without an agent
                    # would lose the address.
                    self.ask()
                    return
        except (OSError, http.client.HTTPException, ValueError) as error:
            answered = False
            problem = type(error).__name__
        self.asked_at, self.open_since = begin, None
        self.problem = problem
        if answered:
            self.answered_at, self.state, self.failures = begin, state, 0
        else:
            self.failures += 1

    def _question(self, url: str, nonce: str) -> dict[str, str]:
        if not self.former_pass:
            return {}
        if self.is_former:
            return {FORMER_HEADER: self.former_pass}
        return {QUESTION_HEADER: self.key.question(self.server, urlsplit(url).path, nonce, int(time.time()))}

    def silent(self, now: float) -> bool:
        """Whether two questions of the last moments got no answer. One that trickles in for ever is none."""
        if self.open_since is not None and now - self.open_since > 2 * TIMEOUT:
            return True
        return self.failures >= 2 and now - self.asked_at < FRESH

    def describe(self) -> dict[str, Any]:
        fresh = time.monotonic() - self.answered_at < FRESH + self.interval
        return {
            "answers": fresh,
            "failures": self.failures,
            "problem": self.problem,
            "state": self.state if fresh else None,
        }


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


class Peer:
    def __init__(self, config: dict[str, Any], key: Key) -> None:
        self.private = Side("private", config["server"], key)
        self.private.url = config["privateUrl"]
        self.public = Side("public", config["server"], key)
        self.public.former_pass = config["pass"]

    def watch(self) -> None:
        for side in (self.private, self.public):
            threading.Thread(target=_ask_forever, args=(side,), daemon=True).start()

    def pace(self, owner: bool) -> None:
        for side in (self.private, self.public):
            side.interval = INTERVAL_OWNER if owner else INTERVAL_STANDBY

    def hurry(self) -> None:
        """Asks at once instead of at the next turn."""
        for side in (self.private, self.public):
            side.hurry.set()

    def view(self, since: float) -> PeerView:
        """What is known now. Answers to questions from before the moment "since" do not count, silence does."""
        now = time.monotonic()
        sides = [side for side in (self.private, self.public) if side.url is not None]
        fresh = [
            side
            for side in sides
            if side.failures == 0 and side.answered_at >= since and now - side.answered_at < FRESH
        ]
        states = [side.state for side in fresh if side.state is not None]
        if states:
            return PeerView(
                answered=True,
                has_agent=True,
                master=any(state.get("vrrp") == "MASTER" for state in states),
                serves=any(state.get("serves") is True for state in states),
            )
        return PeerView(answered=bool(fresh), silent=all(side.silent(now) for side in sides))

    def reached_outside(self, patience: float) -> float | None:
        """When the peer has reached somebody over its public side, by this clock, as it says when it is asked now."""
        begin = time.monotonic()
        self.hurry()
        sides = (self.private, self.public)
        while time.monotonic() - begin < patience and all(side.answered_at < begin for side in sides):
            time.sleep(0.01)
        told: list[float] = []
        for side in sides:
            age = (side.state or {}).get("outsideAge") if side.failures == 0 else None
            if isinstance(age, (int, float)) and age >= 0:
                # The answer is younger than the question, so this is never later than it was.
                told.append(side.answered_at - age)
        return max(told, default=None)


def _ask_forever(side: Side) -> None:
    while True:
        begin = time.monotonic()
        side.ask()
        side.hurry.wait(max(0.05, side.interval - (time.monotonic() - begin)))
        side.hurry.clear()
END_03a530309a84

put_file '/usr/local/lib/platform-edge/route.py' 'root' 'root' '0644' <<'END_a64e309c256f'
"""Machines without a public address leave the private network through the master."""

from typing import Any

from hetzner import Answer, Api


class Refused(Exception):
    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer}")
        self.what = what
        self.answer = answer


def lead_default_route(api: Api, network_id: int, gateway: str) -> bool:
    """Makes the gateway the only one. True: something was changed. Raises Refused."""
    network = f"/networks/{network_id}"
    answer = api.call("GET", network)
    if not answer.ok or "network" not in answer.body:
        raise Refused("reading the default route", answer)
    routes = [route for route in answer.body["network"].get("routes", []) if route["destination"] == "0.0.0.0/0"]
    if [route["gateway"] for route in routes] == [gateway]:
        return False
    for route in routes:
        _act(api, "removing the old default route", network + "/actions/delete_route", route)
    wanted = {"destination": "0.0.0.0/0", "gateway": gateway}
    _act(api, "setting the default route", network + "/actions/add_route", wanted)
    return True


def _act(api: Api, what: str, path: str, body: dict[str, Any]) -> None:
    answer = api.insist("POST", path, body)
    if not answer.ok or not api.settle(answer):
        raise Refused(what, answer)
END_a64e309c256f

put_file '/usr/local/lib/platform-edge/signing.py' 'root' 'root' '0644' <<'END_7033a2020e2e'
"""What the two load balancers tell each other is signed: who can write on the way between them can forge nothing.

The one who asks sends a number that nobody can foresee, and the one who answers signs it together with its name and
its answer. So an answer is from this machine and to this question: a recorded one fits no other question, and one's
own answer, sent back, has the wrong name. The key itself is never sent.

Over the public side the question is signed as well, for a machine, a page and a time: who reads it on the way can ask
the same for some minutes, and nothing else.
"""

import hashlib
import hmac
import re
import secrets

NONCE_HEADER = "X-Platform-Nonce"
SIGNATURE_HEADER = "X-Platform-Signature"
QUESTION_HEADER = "X-Platform-Question"

# Seconds by which the clocks of the two may differ.
QUESTION_WINDOW = 600

_NONCE = re.compile("[0-9a-f]{32}")
_QUESTION = re.compile(r"([0-9]{10})\.[0-9a-f]{64}")


def new_nonce() -> str:
    return secrets.token_hex(16)


class Key:
    """The key of the pair. Both machines derive it from the API token."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, server: str, nonce: str, content: bytes) -> str:
        """The signature under what this server answers. Empty: the question asks for none."""
        if not _NONCE.fullmatch(nonce):
            return ""
        message = b"\n".join([b"platform-edge answer", server.encode(), nonce.encode(), content])
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def signed(self, server: str, nonce: str, content: bytes, signature: str) -> bool:
        return hmac.compare_digest(self.sign(server, nonce, content).encode(), signature.encode())

    def question(self, server: str, path: str, nonce: str, moment: int) -> str:
        """What opens this page of this server for the one who asks with this number, around this second."""
        asked = f"platform-edge question\n{server}\n{path}\n{nonce}\n{moment}"
        return f"{moment}.{hmac.new(self._secret, asked.encode(), hashlib.sha256).hexdigest()}"

    def asked(self, server: str, path: str, nonce: str, question: str, now: float) -> bool:
        found = _QUESTION.fullmatch(question)
        if found is None or abs(int(found[1]) - now) > QUESTION_WINDOW:
            return False
        return hmac.compare_digest(self.question(server, path, nonce, int(found[1])), question)
END_7033a2020e2e

put_file '/usr/local/lib/platform-edge/twin.py' 'root' 'root' '0644' <<'END_5f87b77c2347'
"""The IPv6 network that goes where the address goes: no election of its own, and no waiting for the address's move.

It is taken at the moment at which the address is taken, and kept from then on by whoever is master and has the
address. Nobody else moves it, so that visitors of both families are always with one machine.
"""

import threading
from collections.abc import Callable
from typing import Any

from address import UNKNOWN, Address, Taken
from decision import CLAIMS_PER_MINUTE, Verdict
from hetzner import Api
from log import Log

# Ages at which the API is asked for the owner again: by who keeps it or is about to lose it, and by others.
KEEPER_AGE = 7.5
OTHER_AGE = 30.0
# The address's own calls have the larger part of what the API lets one ask.
SLOWEST_RETRY = 5.0
BUSY_RETRY = 0.5


class Twin:
    def __init__(self, address_id: int, api: Api, is_master: Callable[[], bool]) -> None:
        # Its own, as it runs beside the rounds of the agent.
        self._log = Log()
        self._api = api
        self._address = Address("the IPv6 network", address_id, api, self._log)
        self._is_master = is_master
        self._me: int | None = None
        self._kept = False
        self._at_once = False
        self._woken = threading.Event()
        self._failures = 0
        self.verdict = Verdict.REST

    def watch(self) -> None:
        threading.Thread(target=self._forever, daemon=True).start()

    def take(self, me: int | None) -> None:
        """Now, beside the address."""
        self._me, self._at_once = me, True
        self._woken.set()

    def keep(self, me: int | None, kept: bool) -> None:
        """Whether this machine is the one that has the address, and so the network too."""
        if (me, kept) == (self._me, self._kept):
            return
        self._me, self._kept = me, kept
        self._woken.set()

    def describe(self) -> dict[str, Any]:
        owner = self._address.owner
        return {"owner": None if owner == UNKNOWN else owner, "verdict": self.verdict.value}

    def _forever(self) -> None:
        pause = 0.0
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            try:
                pause = self._round()
            except Exception as error:  # noqa: BLE001
                # A defect of one round must not end the failover for ever.
                self._log.say(3, f"round failed: {type(error).__name__}: {error}")
                pause = SLOWEST_RETRY

    def _round(self) -> float:
        """Returns the seconds until the next one is due."""
        at_once, self._at_once = self._at_once, False
        if not at_once or self._address.owner == self._me:
            due = self._age() - self._address.age()
            if due > 0 and not at_once:
                return due
            if not self._address.read():
                return self._retry()
        self.verdict = self._judge(at_once)
        if self.verdict is Verdict.CLAIM:
            return self._take()
        self._failures = 0
        return self._age()

    def _judge(self, at_once: bool) -> Verdict:
        if self._me is None or self._address.owner == self._me:
            return Verdict.REST
        # Who has just lost the election may not have told yet: the kernel knows.
        if not at_once and not (self._kept and self._is_master()):
            return Verdict.REST
        return Verdict.CLAIM if self._address.recent_moves() < CLAIMS_PER_MINUTE else Verdict.BRAKE

    def _take(self) -> float:
        """What fails is tried again as long as this machine keeps the network, or takes the address once more."""
        taken = self._address.take(self._me)
        if taken in (Taken.MOVED, Taken.FREED):
            # Of one that is free now, the second half of the move is still to come.
            self._at_once = taken is Taken.FREED
            self._failures = 0
            return 0
        return BUSY_RETRY if taken is Taken.BUSY else self._retry()

    def _age(self) -> float:
        return KEEPER_AGE if self._kept or self._address.owner == self._me else OTHER_AGE

    def _retry(self) -> float:
        """Never gives up, never floods."""
        self._failures += 1
        if self._api.last.status in (401, 403, 429):
            return SLOWEST_RETRY
        return min(SLOWEST_RETRY, 0.25 * float(2 ** min(self._failures, 5)))
END_5f87b77c2347

put_file '/etc/platform/secrets/hetzner-api-token' 'root' 'root' '0600' <<'END_518752e37f7d'
SECRET-failoverToken
END_518752e37f7d

put_file '/etc/sysusers.d/platform-edge.conf' 'root' 'root' '0644' <<'END_8549a93d2b62'
u platform-edge - "Floating IP agent"
END_8549a93d2b62

put_file '/etc/tmpfiles.d/platform-edge.conf' 'root' 'root' '0644' <<'END_2701fe506b2b'
d /run/platform-edge 0755 root root
p /run/platform-edge/vrrp.fifo 0660 root platform-edge
f /run/platform-edge/aside 0644 platform-edge root - 0
f /run/platform-edge/owner 0644 platform-edge root - 0
END_2701fe506b2b

put_file '/etc/platform/secrets/floating-ip-agent.json' 'root' 'root' '0600' <<'END_4ce7b7c747a5'
{
  "apiEndpoint": "https://api.hetzner.cloud/v1",
  "floatingIpId": ID-OF-platform-edge-address,
  "networkId": ID-OF-platform-private-network,
  "first": true,
  "self": {
    "server": "prod-edge1",
    "privateIp": "10.0.1.11"
  },
  "publicPage": "/.well-known/platform-edge",
  "peer": {
    "server": "prod-edge2",
    "privateUrl": "http://10.0.1.12:8404/state",
    "publicPath": "/.well-known/platform-edge",
    "pass": "62a611e3f830957d5a160539e82ab9f263a6d4cec2a6ec5f92cca090f2e4098c",
    "key": "abfa38a7c2bfb79f0dcad29d606a501e36b47f32c16c384219c61a42529bd046"
  },
  "outside": {
    "resolvers": [
      "185.12.64.1",
      "185.12.64.2"
    ],
    "dnsPort": 53,
    "visitorsPort": 80,
    "asideFile": "/run/platform-edge/aside"
  },
  "ownerFile": "/run/platform-edge/owner",
  "marker": "169.254.51.1",
  "fifo": "/run/platform-edge/vrrp.fifo",
  "healthUrl": "http://127.0.0.1:8404/healthz",
  "port": 8405
}
END_4ce7b7c747a5

put_file '/etc/systemd/system/floating-ip-agent.service' 'root' 'root' '0644' <<'END_d765360aa7b1'
[Unit]
Description=Keeps the floating IP at the VRRP master
After=network-online.target keepalived.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=platform-edge
LoadCredential=config.json:/etc/platform/secrets/floating-ip-agent.json
LoadCredential=token:/etc/platform/secrets/hetzner-api-token
ExecStart=/usr/bin/python3 -s -E /usr/local/lib/platform-edge/agent.py %d/config.json %d/token /run/floating-ip-agent/state.json
RuntimeDirectory=floating-ip-agent
Environment=PYTHONDONTWRITEBYTECODE=1
Restart=always
RestartSec=1
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=/run/platform-edge
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryMax=128M

[Install]
WantedBy=multi-user.target
END_d765360aa7b1

put_file '/usr/local/lib/platform-edge/serves' 'root' 'root' '0755' <<'END_4718cf135a75'
#!/bin/bash
# serves: whether the load balancer answers at all.
# serves reaches: whether this machine is as good a place for visitors as the other one, because it reaches an app
# node or neither of them does.
status_of() {
  exec 3<>"/dev/tcp/$1/8404" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
  read -r -t "$3" _ status _ <&3 && printf '%s' "$status"
}

if [ "${1-}" != reaches ]; then
  own=$(status_of 127.0.0.1 /alive 0.8) && [ "$own" = 200 ]
  exit
fi
own=$(status_of 127.0.0.1 /healthz 2) && [[ $own = 2* ]] && exit 0
export -f status_of
other=$(timeout 2.5 bash -c 'status_of 10.0.1.12 /healthz 2') && [[ $other = 5* ]]
END_4718cf135a75

put_file '/etc/keepalived/keepalived.conf' 'root' 'root' '0644' 'install -d -m 0755 /run/platform-edge && keepalived -t -f "$1"' <<'END_dcca09b387b4'
global_defs {
  router_id prod-edge1
  vrrp_version 3
  script_user nobody
  enable_script_security
  vrrp_notify_fifo /run/platform-edge/vrrp.fifo
}

vrrp_script alive {
  script "/usr/local/lib/platform-edge/serves"
  interval 0.5
  timeout 2
  fall 2
  rise 2
  init_fail
}

vrrp_script reaches {
  script "/usr/local/lib/platform-edge/serves reaches"
  interval 1
  timeout 6
  fall 4
  rise 2
  init_fail
}

track_file edge_aside {
  file "/run/platform-edge/aside"
  weight 0
}

track_file edge_owner {
  file "/run/platform-edge/owner"
  weight 50
}

vrrp_instance edge {
  state BACKUP
  nopreempt
  priority 100
  virtual_router_id 51
  advert_int 0.2
  down_timer_adverts 9
  unicast_src_ip 10.0.1.11
  check_unicast_src
  unicast_peer {
    10.0.1.12
  }
  virtual_ipaddress {
    169.254.51.1/32 dev lo scope host
  }
  track_script {
    alive
    reaches
  }
  track_file {
    edge_aside
    edge_owner
  }
}
END_dcca09b387b4

put_file '/etc/systemd/system/keepalived.service.d/platform.conf' 'root' 'root' '0644' <<'END_4ce469969c6e'
[Unit]
StartLimitIntervalSec=0
Wants=platform-floating-ip.service
After=platform-floating-ip.service

[Service]
# Without it a crash would end the failover silently.
Restart=always
CPUWeight=1000
RestartSec=200ms
# What a killed main process leaves behind ignores SIGTERM, and systemd would wait 90 seconds for it.
KillMode=mixed
END_4ce469969c6e

put_file '/usr/local/lib/platform-certificate/authority.py' 'root' 'root' '0644' <<'END_d9430fa36abf'
"""The ACME server: certificates by certbot, and when it wants them renewed."""

import contextlib
import datetime
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

from bundle import Bundle, Unusable, parse
from challenge import problem_path
from schedule import HOUR, Window

PATIENCE = 10.0
# Two validations that nobody answers, one after the other, and the authority's own patience; a record for each name.
CERTBOT_PATIENCE = {"http": 300.0, "dns": 900.0}


class Refused(Exception):
    """No certificate, and why: one line for people."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        # Seconds since 1970 before which the authority wants no further attempt.
        self.retry_after = retry_after


def issue(config: dict[str, Any]) -> Bundle:
    """Raises Refused."""
    folder = os.path.join(config["folder"], "certbot")
    try:
        return _issue(config, folder)
    except Refused as refused:
        if not is_lost_account(str(refused)):
            raise
    # An authority may forget accounts, as those for tests do now and then: certbot alone would use a lost one for ever.
    shutil.rmtree(os.path.join(folder, "config", "accounts"), ignore_errors=True)
    return _issue(config, folder)


def _issue(config: dict[str, Any], folder: str) -> Bundle:
    # The account stays; a lineage of before would be asked about, and may be half written.
    for old in ("live", "archive", "renewal"):
        shutil.rmtree(os.path.join(folder, "config", old), ignore_errors=True)
    try:
        _certbot(config, folder)
        live = os.path.join(folder, "config", "live", "site")
        pem = "".join(_read(os.path.join(live, name)) for name in ("fullchain.pem", "privkey.pem"))
        return parse(config["directory"], pem)
    except (OSError, Unusable) as error:
        raise Refused(f"certbot left no certificate: {error}") from error
    finally:
        # The key is in one place alone.
        for old in ("live", "archive", "renewal"):
            shutil.rmtree(os.path.join(folder, "config", old), ignore_errors=True)


def _certbot(config: dict[str, Any], folder: str) -> None:
    email = config["email"]
    command = [
        *("certbot", "certonly", "--non-interactive", "--agree-tos", "--cert-name", "site"),
        *("--server", config["directory"]),
        *(("--email", email, "--no-eff-email") if email else ("--register-unsafely-without-email",)),
        *_challenge_words(config),
        *("--key-type", "ecdsa", "--elliptic-curve", "secp256r1"),
        *("--config-dir", f"{folder}/config", "--work-dir", f"{folder}/work", "--logs-dir", f"{folder}/logs"),
        *("--max-log-backups", "5"),
        *(word for name in config["names"] for word in ("-d", name)),
    ]
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8"}
    if config["root"]:
        environment["REQUESTS_CA_BUNDLE"] = config["root"]
    patience = CERTBOT_PATIENCE[config.get("challenge", "http")]
    with contextlib.suppress(FileNotFoundError):
        os.remove(problem_path(config))
    code, said = _run(command, environment, patience)
    if code is None:
        raise Refused(f"no certificate within {patience:.0f} s")
    if code != 0:
        try:
            raise Refused(_read(problem_path(config)))
        except FileNotFoundError:
            raise Refused(reason_of(said), retry_after_of(said)) from None


def _run(command: list[str], environment: dict[str, str], patience: float) -> tuple[int | None, str]:
    """How it ended and what it said; None: it was ended. It and its hooks are a group, which ends together."""
    with subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=patience)
            return running.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return None, ""


def _challenge_words(config: dict[str, Any]) -> list[str]:
    if config.get("challenge", "http") == "http":
        address, port = config["self"]["address"], str(config["challengePort"])
        return ["--standalone", "--preferred-challenges", "http", "--http-01-address", address, "--http-01-port", port]
    hook = ["/usr/bin/python3", "-s", "-E", "-B", os.path.join(os.path.dirname(__file__), "challenge.py")]
    return [
        *("--manual", "--preferred-challenges", "dns"),
        *("--manual-auth-hook", shlex.join([*hook, "set", config["path"]])),
        *("--manual-cleanup-hook", shlex.join([*hook, "remove", config["path"]])),
    ]


# What certbot always says and what is no reason.
_NOISE = re.compile(
    r"^(?:Saving debug log|Requesting a certificate|Account registered|Ask for help|Hint:|Some challenges have failed"
    r"|Registering without email|An unexpected error occurred|- - -)"
)


def reason_of(said: str) -> str:
    """Of what certbot prints, what a person needs to know, in one line."""
    lines = [line.strip() for line in said.split("\n")]
    words = " ".join(line for line in lines if line and not _NOISE.match(line))
    return re.sub(r"See the logfile .*$", "", words).strip()[:400] or "certbot gave no reason"


def retry_after_of(said: str) -> float | None:
    """Let's Encrypt says in words when a limit ends: "retry after 2026-11-30 08:15:00 UTC"."""
    found = re.search(r"retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", said, re.IGNORECASE)
    if found is None:
        return None
    moment = datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    return moment.timestamp()


def is_lost_account(said: str) -> bool:
    return re.search(r"accountDoesNotExist|account \S* ?(?:not found|does not exist)", said, re.IGNORECASE) is not None


def is_rate_limit(said: str) -> bool:
    return re.search("rate ?limit|too many", said, re.IGNORECASE) is not None


class Advice(NamedTuple):
    """None: the authority gives none."""

    window: Window | None
    # Seconds after which it may be asked again.
    again_in: float


def renewal_advice(config: dict[str, Any], bundle: Bundle) -> Advice:
    """Raises OSError and ValueError."""
    context = ssl.create_default_context(cafile=config["root"] or None)
    # As certbot judges: since Python 3.13 the default refuses what many a private authority issues.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    directory, _ = _get(config["directory"], context)
    base = directory.get("renewalInfo")
    if not isinstance(base, str) or not bundle.renewal_id:
        return Advice(None, 24 * HOUR)
    try:
        told, header = _get(f"{base.rstrip('/')}/{bundle.renewal_id}", context)
    except urllib.error.HTTPError as error:
        # It does not know the certificate, so it has no wish. A new authority behind an old URL answers 400.
        if error.code in (400, 404):
            return Advice(None, 6 * HOUR)
        raise
    suggested = told.get("suggestedWindow")
    if not isinstance(suggested, dict):
        raise ValueError("renewalInfo without a suggestedWindow")
    window = Window(_moment(suggested.get("start")), _moment(suggested.get("end")))
    return Advice(window, _seconds(header("Retry-After")))


def _get(url: str, context: ssl.SSLContext) -> tuple[dict[str, Any], Callable[[str], str | None]]:
    request = urllib.request.Request(url, headers={"User-Agent": "hetzner-platform"})
    with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as response:
        parsed = json.loads(response.read(65536))
        if not isinstance(parsed, dict):
            raise ValueError(f"{url} answers no object")
        return parsed, response.headers.get


def _moment(text: object) -> float:
    # Python before 3.11 reads no Z.
    return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()


def _seconds(header: str | None) -> float:
    """RFC 9773: 6 hours are usual; less than a minute floods it, more than a day misses a revocation."""
    seconds = float(header) if header is not None and header.isdigit() else 6 * HOUR
    return min(24 * HOUR, max(60.0, seconds))


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
END_d9430fa36abf

put_file '/usr/local/lib/platform-certificate/bundle.py' 'root' 'root' '0644' <<'END_ce965aa421af'
"""A certificate with its chain and its key, and whom it was asked of."""

import base64
import json
import os
import tempfile
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


class Unusable(ValueError):
    """No certificate that a proxy could serve."""


@dataclass(frozen=True)
class Bundle:
    # Directory of the authority that issued it.
    directory: str
    # Certificate, its chain, its key.
    pem: str
    names: frozenset[str]
    # Seconds since 1970.
    begin: float
    end: float
    serial: str
    # As RFC 9773 names a certificate; empty: it does not say who signed it.
    renewal_id: str

    @property
    def lifetime(self) -> float:
        return self.end - self.begin

    def to_bytes(self) -> bytes:
        return json.dumps({"directory": self.directory, "pem": self.pem}).encode()


def parse(directory: str, pem: str) -> Bundle:
    """Raises Unusable."""
    try:
        leaf = x509.load_pem_x509_certificates(pem.encode())[0]
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise Unusable(f"no readable certificate with its key: {error}") from error
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*spki) != key.public_key().public_bytes(*spki):
        raise Unusable("the key is of another certificate")
    return Bundle(
        directory=directory,
        pem=pem,
        names=_names(leaf),
        begin=leaf.not_valid_before_utc.timestamp(),
        end=leaf.not_valid_after_utc.timestamp(),
        serial=f"{leaf.serial_number:x}",
        renewal_id=_renewal_id(leaf),
    )


def from_bytes(content: bytes) -> Bundle:
    """Raises Unusable."""
    try:
        values = json.loads(content)
        return parse(str(values["directory"]), str(values["pem"]))
    except (ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, Unusable) else Unusable(f"unreadable: {type(error).__name__}") from error


def load(path: str) -> Bundle | None:
    """None: there is none, or none that can be read."""
    try:
        with open(path, "rb") as file:
            return from_bytes(file.read())
    except (OSError, Unusable):
        return None


def is_for(bundle: Bundle, directory: str, names: frozenset[str], now: float | None = None) -> bool:
    """Whether it is what the configuration asks for, and still valid."""
    moment = time.time() if now is None else now
    return bundle.directory == directory and bundle.names == names and moment < bundle.end


def replace(path: str, content: bytes) -> None:
    """In one step, for its owner alone, and on the disk when it returns."""
    folder = os.path.dirname(path)
    descriptor, candidate = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(candidate, path)
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _names(leaf: x509.Certificate) -> frozenset[str]:
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(extension.value.get_values_for_type(x509.DNSName))


def _renewal_id(leaf: x509.Certificate) -> str:
    try:
        issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return ""
    if issuer is None:
        return ""
    # As DER writes the number: with a zero in front where its first bit is one.
    serial = leaf.serial_number.to_bytes(leaf.serial_number.bit_length() // 8 + 1, "big")
    return f"{_text(issuer)}.{_text(serial)}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
END_ce965aa421af

put_file '/usr/local/lib/platform-certificate/certificate.py' 'root' 'root' '0644' <<'END_30008002103e'
"""Looks at this machine's certificate: takes the peer's newer one, or asks for one when it is due and its turn.

One look, and more of them while there is none: what the first one waits for comes within seconds.

Usage: certificate.py CONFIG.json

Whatever fails, the certificate of before is served on; what failed is in the journal and in status.json.
"""

import hashlib
import json
import os
import random
import socket
import sys
import time
from typing import Any

import challenge
import handover
from authority import Refused, is_rate_limit, issue, renewal_advice
from bundle import Bundle, Unusable, is_for, load, replace
from schedule import HOUR, Situation, Turn, Window, pause, renewal_at, turn
from sealing import Forged

# Before the first certificate, in the time between two usual ones.
LOOKS = 20
# In the time between two usual looks: for which part of it the address must have led here.
SETTLED = 0.2


class Keeper:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.names = frozenset(config["names"])
        self.folder = config["folder"]
        self.status = self._read_status()

    def run(self) -> bool:
        """Answers whether it waits for what comes within seconds: the address, a name, the peer's certificate."""
        self._clean_up()
        own = self._take(load(self._path("bundle.json")))
        window = self._advice(own) if own is not None else None
        due_at = 0.0 if own is None else renewal_at(own.begin, own.end, own.serial, window)
        now = time.time()
        since = self.status.get("dueSince") if now >= due_at else None
        self.status["dueSince"] = now if now >= due_at and since is None else since
        verdict = turn(
            Situation(
                now=now,
                due_at=due_at,
                due_since=self.status["dueSince"],
                not_before=self.status.get("notBefore", 0.0),
                owner=self._keeps_address(now),
                take_over_after=self.config["takeOverAfter"],
            )
        )
        self.status |= {"verdict": verdict.value, "at": now, "renewAt": due_at}
        if verdict is not Turn.ISSUE or not self._waits_for_names(now - self.status["dueSince"]):
            self.status["waitsFor"] = None
            if verdict is Turn.ISSUE:
                self._issue()
        self._save_status()
        return own is None and (verdict is Turn.PEERS_TURN or self.status["waitsFor"] is not None)

    def _clean_up(self) -> None:
        """Of a crash, records may be left."""
        if self.config.get("challenge") == "dns" and (problem := challenge.clean_up(self.config, self.config["path"])):
            say(4, f"records of an earlier attempt stay for now: {problem}")

    def _take(self, own: Bundle | None) -> Bundle | None:
        """The better one of both machines' certificates that the configuration asks for; None: there is none."""
        candidates = [own, self._peers()]
        wanted = [one for one in candidates if one is not None and self._is_wanted(one)]
        best = max(wanted, key=lambda one: (one.begin, one.serial), default=None)
        if best is not None and (own is None or best.serial != own.serial):
            self._keep(best)
            # What failed here is over: the next certificate is another one.
            self.status |= {"failures": 0, "notBefore": 0.0, "lastFailure": None}
            say(5, f"took certificate {best.serial} from {self.config['peer']['server']}")
        return best

    def _peers(self) -> Bundle | None:
        problem = ""
        try:
            return handover.ask(self.config)
        except Forged as error:
            problem = f"its answer is not sealed with the pair's key for this question ({error})"
            say(3, f"{self.config['peer']['server']}: {problem}")
        except Unusable as error:
            problem = f"its answer is no certificate: {error}"
            say(4, f"{self.config['peer']['server']}: {problem}")
        except OSError as error:
            # It may be off; then it takes this machine's certificate when it is back.
            problem = f"does not answer: {type(error).__name__}"
        finally:
            self.status["peer"] = problem
        return None

    def _is_wanted(self, bundle: Bundle) -> bool:
        return is_for(bundle, self.config["directory"], self.names)

    def _advice(self, own: Bundle) -> Window | None:
        known = self.status.get("advice") or {}
        if known.get("serial") != own.serial:
            known = {}
        if time.time() >= known.get("again", 0.0):
            try:
                advice = renewal_advice(self.config, own)
                window = None if advice.window is None else list(advice.window)
                known = {"window": window, "again": time.time() + advice.again_in}
            except (OSError, ValueError) as error:
                say(5, f"no renewal information: {type(error).__name__}: {error}")
                known = {"window": known.get("window"), "again": time.time() + HOUR}
            self.status["advice"] = known | {"serial": own.serial}
        window = known.get("window")
        return None if window is None else Window(*window)

    def _keeps_address(self, now: float) -> bool | None:
        """Who just got the address may lose it at once, as when both start: the authority would ask the other one."""
        owner = self._owns_address()
        if owner is not True:
            self.status["ownerSince"] = None
            return owner
        since = self.status.get("ownerSince")
        self.status["ownerSince"] = now if since is None else since
        return True if now - self.status["ownerSince"] >= self.config["every"] * SETTLED else None

    def _owns_address(self) -> bool | None:
        try:
            with open(self.config["agentState"], encoding="utf-8") as file:
                state = json.load(file)
            return None if state["server"] is None else bool(state["owner"] == state["server"])
        except (OSError, ValueError, KeyError):
            return None

    def _waits_for_names(self, waited: float) -> bool:
        """A name without an address costs an attempt, of which the authority allows few: not yet set, or just set.

        This machine may know less than the world, so it does not wait for ever.
        """
        if self.config.get("challenge") == "dns":
            return False
        missing = [name for name in self.config["names"] if not _has_address(name)]
        if not missing or waited >= self.config["takeOverAfter"]:
            return False
        self.status["verdict"] = f"waits for an address of {', '.join(missing)} in DNS"
        if self.status.get("waitsFor") != missing:
            say(5, self.status["verdict"])
        self.status["waitsFor"] = missing
        return True

    def _issue(self) -> None:
        say(5, f"asking {self.config['directory']} for {', '.join(self.config['names'])}")
        # On the disk first: an attempt that is cut off must not begin anew each minute.
        self.status["notBefore"] = time.time() + self.config["firstPause"]
        self._save_status()
        try:
            bundle = issue(self.config)
            if not self._is_wanted(bundle):
                raise Refused(f"it issued a certificate for {', '.join(sorted(bundle.names))}")
        except Refused as refused:
            self._record_failure(refused)
            return
        self._keep(bundle)
        self.status |= {"failures": 0, "notBefore": 0.0, "lastFailure": None, "dueSince": None, "verdict": "issued"}
        self.status["renewAt"] = renewal_at(bundle.begin, bundle.end, bundle.serial, None)
        say(5, f"issued: certificate {bundle.serial}")

    def _record_failure(self, refused: Refused) -> None:
        now = time.time()
        failures = self.status.get("failures", 0) + 1
        asked = None if refused.retry_after is None else refused.retry_after - now
        if asked is None and is_rate_limit(str(refused)):
            asked = HOUR
        first, longest = self.config["firstPause"], self.config["longestPause"]
        wait = pause(failures, first, longest, random.random(), asked)  # noqa: S311
        self.status |= {
            "failures": failures,
            "notBefore": now + wait,
            "lastFailure": {"at": now, "why": str(refused)},
        }
        say(3, f"no certificate, the old one stays; next attempt in {wait / 60:.0f} min: {refused}")

    def _keep(self, bundle: Bundle) -> None:
        replace(self._path("bundle.json"), bundle.to_bytes())
        replace(self._path("site.pem"), bundle.pem.encode())

    def _read_status(self) -> dict[str, Any]:
        """Of a configuration of before only what failed then is forgotten: it may be what was wrong."""
        asked = json.dumps([self.config["directory"], self.config["email"], sorted(self.names), self.config["root"]])
        version = hashlib.sha256(asked.encode()).hexdigest()
        try:
            with open(self._path("status.json"), encoding="utf-8") as file:
                status = json.load(file)
            if isinstance(status, dict) and status.get("version") == version:
                return status
        except (OSError, ValueError):
            pass
        return {"version": version}

    def _save_status(self) -> None:
        replace(self._path("status.json"), (json.dumps(self.status, indent=1) + "\n").encode())

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def _has_address(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM))
    except OSError:
        return False


def say(priority: int, line: str) -> None:
    print(f"<{priority}>{line}", file=sys.stderr, flush=True)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file) | {"path": os.path.abspath(sys.argv[1])}
    end = time.monotonic() + config["every"]
    while Keeper(config).run() and time.monotonic() < end:
        time.sleep(config["every"] / LOOKS)


if __name__ == "__main__":
    main()
END_30008002103e

put_file '/usr/local/lib/platform-certificate/challenge.py' 'root' 'root' '0644' <<'END_1c6560b606e3'
"""certbot's hook for DNS-01: sets the record that the authority asks for, and takes it away again.

Usage: challenge.py set|remove CONFIG.json, with CERTBOT_DOMAIN and CERTBOT_VALIDATION in the environment.

What is set stands on the disk first, so that a later look takes away what a crash has left. certbot goes on when a
hook fails, and the authority would count an attempt that must fail: so a hook that fails ends certbot, and says why in
a file.
"""

import json
import os
import signal
import sys
from typing import Any

from bundle import replace
from hetzner import Api
from zone import Record, Unset, Zones

PREFIX = "_acme-challenge"


def problem_path(config: dict[str, Any]) -> str:
    return os.path.join(config["folder"], "dns-problem")


def clean_up(config: dict[str, Any], path: str) -> str | None:
    """Takes away what is left of earlier attempts. Answers why it could not."""
    if not (left := _known(config)):
        return None
    try:
        for record in left:
            _zones(config, path).remove(record)
            _remember(config, [one for one in _known(config) if one != record])
    except Unset as unset:
        return str(unset)
    return None


def _set(config: dict[str, Any], path: str, domain: str, value: str) -> None:
    zones = _zones(config, path)
    record = zones.find(f"{PREFIX}.{domain.removeprefix('*.')}", value)
    _remember(config, [*_known(config), record])
    zones.add(record)
    if os.environ.get("CERTBOT_REMAINING_CHALLENGES", "0") == "0":
        _zones(config, path).wait(_known(config))


def _remove(config: dict[str, Any], path: str, value: str) -> None:
    """What does not work now is done by a later look."""
    mine = [record for record in _known(config) if record.value == value]
    try:
        for record in mine:
            _zones(config, path).remove(record)
    except Unset as unset:
        print(f"<4>{unset}", file=sys.stderr)
        return
    _remember(config, [record for record in _known(config) if record not in mine])


def _zones(config: dict[str, Any], path: str) -> Zones:
    with open(os.path.join(os.path.dirname(path), "dns-token"), encoding="ascii") as file:
        token = file.read().strip()
    return Zones(Api(config["apiEndpoint"], token), config["dnsPatience"])


def _known_path(config: dict[str, Any]) -> str:
    return os.path.join(config["folder"], "challenges.json")


def _known(config: dict[str, Any]) -> list[Record]:
    try:
        with open(_known_path(config), encoding="utf-8") as file:
            return [Record(*one) for one in json.load(file)]
    except (OSError, ValueError, TypeError):
        return []


def _remember(config: dict[str, Any], records: list[Record]) -> None:
    replace(_known_path(config), json.dumps(records).encode())


def main() -> None:
    task, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    domain, value = os.environ["CERTBOT_DOMAIN"], os.environ["CERTBOT_VALIDATION"]
    if task == "remove":
        _remove(config, path, value)
        return
    try:
        _set(config, path, domain, value)
    except (Unset, OSError, KeyError) as error:
        why = str(error) if isinstance(error, Unset) else f"the TXT record: {type(error).__name__}: {error}"
        replace(problem_path(config), why.encode())
        # certbot is in this group, and nothing else but it and its hook.
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
END_1c6560b606e3

put_file '/usr/local/lib/platform-certificate/handover.py' 'root' 'root' '0644' <<'END_37fbbe045cf8'
"""The way of a certificate from one machine of the pair to the other: one line asks, a sealed answer comes.

Usage: handover.py CONFIG.json, as systemd starts it for each connection, with the connection as standard input.
"""

import json
import os
import socket
import sys
from typing import Any

from bundle import Bundle, Unusable, from_bytes
from sealing import Forged, PairKey, is_nonce, new_nonce

PATIENCE = 5.0
# A certificate for many names with its chain and an RSA key has less than 20 KB.
LONGEST = 262_144


def ask(config: dict[str, Any]) -> Bundle | None:
    """What the peer has; None: nothing. Raises OSError when it is away, Forged or Unusable when it answers nonsense."""
    nonce = new_nonce()
    peer = config["peer"]
    with socket.create_connection((peer["address"], config["handoverPort"]), timeout=PATIENCE) as connection:
        connection.sendall(f"{nonce}\n".encode())
        sealed = _read_all(connection)
    content = PairKey(config["key"]).open(peer["server"], nonce, sealed)
    return from_bytes(content) if content else None


def _read_all(connection: socket.socket) -> bytes:
    content = b""
    while len(content) <= LONGEST:
        piece = connection.recv(65536)
        if not piece:
            return content
        content += piece
    raise Unusable("an answer without end")


def answer(config: dict[str, Any]) -> None:
    with socket.socket(fileno=os.dup(0)) as connection:
        connection.settimeout(PATIENCE)
        asked = b""
        while not asked.endswith(b"\n") and len(asked) < 64:
            piece = connection.recv(64)
            if not piece:
                return
            asked += piece
        nonce = asked.decode("ascii", "replace").strip()
        if is_nonce(nonce):
            content = _own(os.path.join(config["folder"], "bundle.json"))
            connection.sendall(PairKey(config["key"]).seal(config["self"]["server"], nonce, content))


def _own(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


__all__ = ["Forged", "Unusable", "ask"]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    try:
        answer(config)
    except OSError as error:
        print(f"<6>a question broke off: {type(error).__name__}", file=sys.stderr)


if __name__ == "__main__":
    main()
END_37fbbe045cf8

put_file '/usr/local/lib/platform-certificate/nameserver.py' 'root' 'root' '0644' <<'END_a569c45bdea0'
"""What a name server answers for TXT records: asked itself, not through a resolver that remembers what was."""

import secrets
import socket
import struct

_TXT = 16
_INTERNET = 1
_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")


def texts(address: str, port: int, name: str, patience: float) -> frozenset[str]:
    """Raises OSError when there is no answer, and ValueError for one that is none."""
    number = secrets.randbelow(65536)
    question = _HEADER.pack(number, 0, 1, 0, 0, 0) + _encoded(name) + struct.pack("!HH", _TXT, _INTERNET)
    # Over TCP an answer is never cut off, and nobody else can give it.
    with socket.create_connection((address, port), timeout=patience) as connection:
        connection.sendall(struct.pack("!H", len(question)) + question)
        (length,) = struct.unpack("!H", _read(connection, 2))
        return _texts_of(_read(connection, length), number)


def _encoded(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _read(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = connection.recv(size - len(content))
        if not piece:
            raise ValueError("the answer breaks off")
        content += piece
    return content


def _texts_of(message: bytes, number: int) -> frozenset[str]:
    try:
        told, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
        # 3: there is no such name yet.
        if told != number or flags & 0x8000 == 0 or flags & 0x000F not in (0, 3):
            raise ValueError(f"the answer has flags {flags:#06x}")
        offset = _HEADER.size
        for _ in range(questions):
            offset = _after_name(message, offset) + 4
        found = set()
        for _ in range(answers):
            offset = _after_name(message, offset)
            kind, _, _, size = _RECORD.unpack_from(message, offset)
            offset += _RECORD.size
            if kind == _TXT:
                found.add(_text(message[offset : offset + size]))
            offset += size
        return frozenset(found)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("an answer that cannot be read") from error


def _after_name(message: bytes, offset: int) -> int:
    while True:
        length = message[offset]
        if length == 0:
            return offset + 1
        # The rest of it stands elsewhere.
        if length >= 0xC0:
            return offset + 2
        offset += 1 + length


def _text(data: bytes) -> str:
    pieces, offset = [], 0
    while offset < len(data):
        size = data[offset]
        pieces.append(data[offset + 1 : offset + 1 + size])
        offset += 1 + size
    return b"".join(pieces).decode("ascii")
END_a569c45bdea0

put_file '/usr/local/lib/platform-certificate/schedule.py' 'root' 'root' '0644' <<'END_c65a73d9c953'
"""When a certificate is asked for, and by which of the two machines. Pure: no clock, no network."""

import hashlib
from enum import Enum
from typing import NamedTuple

HOUR = 3600.0


class Turn(Enum):
    REST = "rest"
    ISSUE = "issue"
    # An attempt failed, and the next one waits.
    BACK_OFF = "back off"
    # The owner of the address asks first.
    PEERS_TURN = "the other load balancer's turn"


class Window(NamedTuple):
    """When the authority wants a certificate to be renewed (RFC 9773), in seconds since 1970."""

    start: float
    end: float


def renewal_at(begin: float, end: float, serial: str, window: Window | None) -> float:
    """When a third of the lifetime is left, or when the authority says, at a random moment: but the same each time."""
    lifetime = end - begin
    fraction = _fraction(serial)
    if window is not None and window.start <= window.end:
        # Not even the authority may talk it into ending.
        return min(window.start + fraction * (window.end - window.start), end - lifetime / 6)
    return end - lifetime / 3 + fraction * min(HOUR, lifetime / 48)


def _fraction(serial: str) -> float:
    return int.from_bytes(hashlib.sha256(serial.encode()).digest()[:4], "big") / 2**32


class Situation(NamedTuple):
    now: float
    # When the certificate is to be renewed; 0: there is none that serves.
    due_at: float
    # Since when this machine knows that it is due; None: it is not.
    due_since: float | None
    # Before this no attempt is made.
    not_before: float
    # The address leads here; None: nobody knows.
    owner: bool | None
    # Seconds after which the other machine tries too.
    take_over_after: float


def turn(now: Situation) -> Turn:
    if now.now < now.due_at:
        return Turn.REST
    waited = now.now - (now.now if now.due_since is None else now.due_since)
    if now.owner is not True and waited < now.take_over_after:
        return Turn.PEERS_TURN
    return Turn.BACK_OFF if now.now < now.not_before else Turn.ISSUE


def pause(failures: int, first: float, longest: float, chance: float, asked: float | None) -> float:
    """Seconds until the next attempt: longer and longer, and never less than the authority asks for.

    Of five failures for one name within an hour Let's Encrypt refuses the sixth attempt.
    """
    doubled = min(longest, first * 2.0 ** min(failures - 1, 30))
    return max(doubled * (0.75 + 0.5 * chance), asked or 0.0)
END_c65a73d9c953

put_file '/usr/local/lib/platform-certificate/sealing.py' 'root' 'root' '0644' <<'END_bab8a9051cb3'
"""What carries a private key between the two machines is sealed: read and made by nobody who lacks the pair's key.

The one who asks sends a number that nobody can foresee, and the answer is bound to it and to the machine that gave
it: a recorded answer fits no other question, and one's own answer, sent back, has the wrong name.
"""

import os
import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = re.compile("[0-9a-f]{32}")
_IV = 12


class Forged(Exception):
    """Not from the other machine, not for this question, or changed on the way."""


def new_nonce() -> str:
    return secrets.token_hex(16)


def is_nonce(text: str) -> bool:
    return _NONCE.fullmatch(text) is not None


class PairKey:
    """Both machines derive it from the API token; it is never sent."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(bytes.fromhex(secret))

    def seal(self, server: str, nonce: str, content: bytes) -> bytes:
        iv = os.urandom(_IV)
        return iv + bytes(self._cipher.encrypt(iv, content, _bound(server, nonce)))

    def open(self, server: str, nonce: str, sealed: bytes) -> bytes:
        """Raises Forged."""
        try:
            return bytes(self._cipher.decrypt(sealed[:_IV], sealed[_IV:], _bound(server, nonce)))
        except (InvalidTag, ValueError) as error:
            raise Forged(f"{len(sealed)} bytes") from error


def _bound(server: str, nonce: str) -> bytes:
    return b"\n".join([b"platform-edge certificate", server.encode(), nonce.encode()])
END_bab8a9051cb3

put_file '/usr/local/lib/platform-certificate/zone.py' 'root' 'root' '0644' <<'END_5eba233c33bd'
"""TXT records in zones at Hetzner: one value more or less, whatever else is under the name."""

import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from hetzner import Answer, Api
from nameserver import texts

PAUSE = 1.0
DNS_PORT = 53
SERVER_PATIENCE = 3.0


class Unset(Exception):
    """The record is not as it must be, and why: one line for people."""


class Record(NamedTuple):
    zone: str
    # As the zone calls it: _acme-challenge, _acme-challenge.www.
    name: str
    value: str

    @property
    def path(self) -> str:
        return f"/zones/{self.zone}/rrsets/{self.name}/TXT"


class Zones:
    def __init__(self, api: Api, patience: float) -> None:
        self._api = api
        # Seconds for everything together.
        self._deadline = time.monotonic() + patience

    def find(self, name: str, value: str) -> Record:
        """Where a value under this name belongs: the zone of the longest name that the token may see."""
        for zone, rest in _places(name):
            answer = self._ask("GET", f"/zones/{zone}")
            if answer.status != 404:
                return Record(zone, rest, value)
        raise Unset(f"no zone of dnsToken's project has {name}")

    def add(self, record: Record) -> None:
        while True:
            values = self._values(record)
            if values is not None and record.value in values:
                return
            # A time to live that differs from the one of values that are there is refused.
            ttl = {"ttl": 60} if values is None else {}
            self._change(record, "add_records", {**ttl, "records": [{"value": f'"{record.value}"'}]})

    def remove(self, record: Record) -> None:
        while True:
            values = self._values(record)
            if values is None or record.value not in values:
                return
            self._change(record, "remove_records", {"records": [{"value": f'"{record.value}"'}]})

    def wait(self, records: list[Record]) -> None:
        """Until every name server of the zones that answers has the values, and one does."""
        for zone in sorted({record.zone for record in records}):
            told = self._ask("GET", f"/zones/{zone}").body
            servers = told["zone"]["authoritative_nameservers"]["assigned"]
            for record in records:
                if record.zone == zone:
                    self._wait_for(record, servers)

    def _wait_for(self, record: Record, servers: list[str]) -> None:
        while True:
            seen = [_has(server, record) for server in servers]
            # One that is away is asked again while there is time; the authority asks another one then.
            if True in seen and False not in seen and (None not in seen or self._left() < 0):
                return
            if self._left() < 0:
                late = [server for server, has in zip(servers, seen, strict=True) if has is not True]
                what = f"the TXT record of {record.name}.{record.zone}"
                raise Unset(f"name servers do not answer {what}: {', '.join(late)}")
            time.sleep(PAUSE)

    def _values(self, record: Record) -> frozenset[str] | None:
        """None: there are none under this name."""
        answer = self._ask("GET", record.path)
        if answer.status == 404:
            return None
        return frozenset(str(one["value"]).strip('"') for one in answer.body["rrset"]["records"])

    def _change(self, record: Record, action: str, body: dict[str, Any]) -> None:
        """Once; whether it came about is seen by who calls."""
        what = f"the TXT record {record.name} of zone {record.zone}"
        answer = self._api.call("POST", f"{record.path}/actions/{action}", body, 10)
        self._judge(answer, what)
        if not answer.ok:
            time.sleep(PAUSE)
        elif not self._api.settle(answer) and self._left() < 0:
            raise Unset(f"Hetzner's API has not changed {what} in time")

    def _ask(self, method: str, path: str) -> Answer:
        while True:
            answer = self._api.call(method, path, timeout=10)
            self._judge(answer, path)
            if answer.ok or answer.status == 404:
                return answer
            time.sleep(PAUSE)

    def _judge(self, answer: Answer, what: str) -> None:
        """Raises Unset for what will not get better, and for everything when the time is up."""
        if answer.status in (401, 403):
            raise Unset(f"Hetzner's API refuses dnsToken for {what}: {answer}")
        # A change that was made although its answer got lost is refused afterwards, as one that is there already.
        passes = answer.status in (0, 404, 409, 422, 429) or answer.status >= 500 or answer.code == "locked"
        is_final = not passes or answer.code == "incorrect_zone_mode"
        if not answer.ok and (is_final or (self._left() < 0 and answer.status != 404)):
            raise Unset(f"Hetzner's API does not change {what}: {answer}")

    def _left(self) -> float:
        return self._deadline - time.monotonic()


def _places(name: str) -> Iterator[tuple[str, str]]:
    """A zone that may have the name, and what the zone calls it then; the longest zone first."""
    labels = name.split(".")
    for count in range(1, len(labels) - 1):
        yield ".".join(labels[count:]), ".".join(labels[:count])


def _has(server: str, record: Record) -> bool | None:
    """None: it does not answer."""
    try:
        addresses = {found[4][0] for found in socket.getaddrinfo(server.rstrip("."), DNS_PORT, type=socket.SOCK_STREAM)}
    except OSError:
        return None
    has = None
    for address in sorted(str(one) for one in addresses):
        try:
            has = record.value in texts(address, DNS_PORT, f"{record.name}.{record.zone}", SERVER_PATIENCE)
        except (OSError, ValueError):
            continue
        if not has:
            return False
    return has
END_5eba233c33bd

put_file '/usr/local/lib/platform-certificate/hetzner.py' 'root' 'root' '0644' <<'END_fc701348326f'
"""Calls to the Hetzner Cloud API: every outcome is a value, nothing is given up silently."""

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple


class Answer(NamedTuple):
    # 0: no answer at all.
    status: int
    # Hetzner's error code, or what the network said.
    code: str
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.code}".strip()


# Names keep their last known addresses, so that a dead resolver cannot stop a failover.
_known_addresses: dict[Any, Any] = {}
_resolve = socket.getaddrinfo


def _remembering_getaddrinfo(*query: Any, **options: Any) -> Any:
    key = (query, tuple(sorted(options.items())))
    try:
        _known_addresses[key] = _resolve(*query, **options)
    except OSError:
        if key not in _known_addresses:
            raise
    return _known_addresses[key]


socket.getaddrinfo = _remembering_getaddrinfo


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        # What a request carries must not follow to another host.
        return None


class Api:
    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self._opener = urllib.request.build_opener(NoRedirects)
        self._threads = ThreadPoolExecutor(max_workers=8)
        self.last = Answer(0, "not called yet", {})
        # Time of day of the last call that succeeded.
        self.succeeded_at: float | None = None

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, timeout: float = 3) -> Answer:
        return self._remember(self._call(method, path, body, timeout))

    def _remember(self, answer: Answer) -> Answer:
        self.last = answer
        if answer.ok:
            self.succeeded_at = time.time()
        return answer

    def _call(self, method: str, path: str, body: dict[str, Any] | None, timeout: float) -> Answer:
        request = urllib.request.Request(
            self._endpoint + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Bearer " + self._token,
                "Content-Type": "application/json",
                "User-Agent": "hetzner-platform-agent",
            },
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return Answer(response.status, "", _json(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                content = _json(_quiet_read(error))
            detail = content.get("error")
            return Answer(error.code, str(detail.get("code", "")) if isinstance(detail, dict) else "", content)
        except (OSError, ValueError) as error:
            return Answer(0, type(error).__name__ + ": " + str(error), {})

    def insist(self, method: str, path: str, body: dict[str, Any], every: float = 3, limit: float = 15) -> Answer:
        """The first answer of several attempts: a slow API and one that swallows requests look alike at first."""
        attempts: set[Future[Answer]] = set()
        begin = time.monotonic()
        while time.monotonic() - begin < limit:
            attempts.add(self._threads.submit(self._call, method, path, body, limit))
            done, attempts = wait(attempts, timeout=every, return_when=FIRST_COMPLETED)
            if done:
                self._remember(max((attempt.result() for attempt in done), key=lambda answer: answer.status != 0))
                if self.last.status != 0 or not attempts:
                    return self.last
        self.last = Answer(0, f"no answer within {limit} s", {})
        return self.last

    def settle(self, answer: Answer, limit: float = 20) -> bool:
        """Waits until the action of an accepted request has ended. False: it failed, or nobody knows."""
        action = answer.body.get("action") or {}
        deadline = time.monotonic() + limit
        while action.get("status") == "running" and time.monotonic() < deadline:
            time.sleep(0.25)
            polled = self.call("GET", f"/actions/{action.get('id')}")
            if polled.ok:
                action = polled.body.get("action") or {}
            elif polled.status in (401, 403, 404):
                return False
            else:
                time.sleep(2.25 if polled.status == 429 else 0.75)
        return bool(action.get("status") == "success")


def _json(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _quiet_read(response: Any) -> bytes:
    try:
        return bytes(response.read())
    except OSError:
        return b""
END_fc701348326f

put_file '/etc/platform/secrets/certificate.json' 'root' 'root' '0600' <<'END_5eb414d47514'
{
  "directory": "https://acme-v02.api.letsencrypt.org/directory",
  "email": null,
  "root": null,
  "names": [
    "www.example.com"
  ],
  "self": {
    "server": "prod-edge1",
    "address": "10.0.1.11"
  },
  "peer": {
    "server": "prod-edge2",
    "address": "10.0.1.12"
  },
  "key": "3282318023c5ecd6f414e0694ea5f91f804a3f0786749f2bc13147675c2c00c9",
  "handoverPort": 8406,
  "challengePort": 8407,
  "takeOverAfter": 3600,
  "firstPause": 600,
  "longestPause": 43200,
  "every": 45,
  "agentState": "/run/floating-ip-agent/state.json",
  "folder": "/var/lib/platform-certificate"
}
END_5eb414d47514

put_file '/etc/sysusers.d/platform-certificate.conf' 'root' 'root' '0644' <<'END_03af6b491518'
u platform-certificate - "Certificates"
END_03af6b491518

put_file '/etc/systemd/system/platform-certificate.service' 'root' 'root' '0644' <<'END_7fa893d793e9'
[Unit]
Description=Certificate of the load balancers: issued, or taken from the other one
After=network-online.target floating-ip-agent.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -s -E /usr/local/lib/platform-certificate/certificate.py %d/config.json
# The proxies' files and sockets are root's.
ExecStartPost=+/usr/local/lib/platform-edge/install-certificate
StateDirectory=platform-certificate
StateDirectoryMode=0700
TimeoutStartSec=420
User=platform-certificate
LoadCredential=config.json:/etc/platform/secrets/certificate.json
Environment=PYTHONDONTWRITEBYTECODE=1
# A look each minute is no news; what was done and what failed is.
LogLevelMax=notice
CPUWeight=20
MemoryMax=256M
CapabilityBoundingSet=
UMask=0027
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077
END_7fa893d793e9

put_file '/etc/systemd/system/platform-certificate.timer' 'root' 'root' '0644' <<'END_c18914999617'
[Unit]
Description=Looks after the certificate of the load balancers

[Timer]
OnActiveSec=1s
OnUnitInactiveSec=45s
AccuracySec=1s

[Install]
WantedBy=timers.target
END_c18914999617

put_file '/etc/systemd/system/platform-certificate-peer.socket' 'root' 'root' '0644' <<'END_81ee40846e5b'
[Unit]
Description=Where the other load balancer takes the certificate

[Socket]
ListenStream=10.0.1.11:8406
FreeBind=yes
Accept=yes
MaxConnections=4

[Install]
WantedBy=sockets.target
END_81ee40846e5b

put_file '/etc/systemd/system/platform-certificate-peer@.service' 'root' 'root' '0644' <<'END_e45fd880c1b3'
[Unit]
Description=Hands the certificate, sealed, to the other load balancer
CollectMode=inactive-or-failed

[Service]
ExecStart=/usr/bin/python3 -s -E /usr/local/lib/platform-certificate/handover.py %d/config.json
StandardInput=socket
StandardOutput=journal
StandardError=journal
PrivateNetwork=yes
RuntimeMaxSec=30
User=platform-certificate
LoadCredential=config.json:/etc/platform/secrets/certificate.json
Environment=PYTHONDONTWRITEBYTECODE=1
# A look each minute is no news; what was done and what failed is.
LogLevelMax=notice
CPUWeight=20
MemoryMax=256M
CapabilityBoundingSet=
UMask=0027
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077
END_e45fd880c1b3

put_file '/usr/local/sbin/platform-status' 'root' 'root' '0755' <<'END_651398027130'
#!/bin/bash
# State of this machine, part by part, and what is wrong with it.
set -euo pipefail
export LC_ALL=C.UTF-8
usage="usage: platform-status [--json]
  (nothing)  a table for people
  --json     the same for programs: up is true, false, or null when it cannot be told
exit status: 0 all is up, 1 something is down, 2 it cannot be told"

probe_defaultRoute() {
{ ip -4 route show default | grep -q . || echo "there is no default route"; } | jq -Rn '{reasons: [inputs]}'
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

probe_proxy() {
answer() { curl -s -m 8 -o /dev/null -w '%{http_code}' "http://127.0.0.1:8404$1" || true; }
jq -n --arg alive "$(answer /alive)" --arg healthy "$(answer /healthz)" --arg ready "$(answer /ready)" --arg nodes "$(socat -t 5 - UNIX-CONNECT:/run/haproxy/admin.sock <<<"show stat" 2>/dev/null | awk -F, '$1 == "app" && $2 != "BACKEND" && $2 != "FRONTEND" { print $2 " " $18 }' || true)" \
  '{engine: "haproxy", nodes: ($nodes | split("\n") | map(select(. != ""))), reasons: [
    if $alive != "200" then "does not answer"
    elif $healthy[0:1] != "2" then "reaches no app node"
    elif $ready[0:1] != "2" then "no app node is ready" else empty end]}'
}

probe_keepalived() {
local role=BACKUP
if ip -4 -o address show dev lo to 169.254.51.1 | grep -q .; then role=MASTER; fi
{ systemctl is-active --quiet keepalived.service || echo "does not run: the other load balancer takes over"; } |
  jq -Rn --arg role "$role" '{role: $role, reasons: [inputs]}'
}

probe_agent() {
[ -e /run/floating-ip-agent/state.json ] || { jq -n '{reasons: ["has written no state: see journalctl -u floating-ip-agent"]}'; return; }
jq '(now - .at | floor) as $age | (if .apiOkAt then now - .apiOkAt | floor else null end) as $since
  | {verdict, api, lastSuccess: (if .apiOkAt then .apiOkAt | floor | todate else null end),
    peerAnswers: [.peer | to_entries[] | select(.value.answers) | .key], reasons: [
      (if $age > 30 then "has written no state for \($age) s: see journalctl -u floating-ip-agent" else empty end),
      (if $since == null then "no call of the API has succeeded yet: \(.api)"
       elif $since > 120 then "no call of the API has succeeded for \($since) s: \(.api)" else empty end),
      (if .aside == true then "its public side reaches nobody: the other load balancer serves"
       elif (.outsideAge // 0) > 15 then "its public side reaches nobody, and that of the other load balancer no more" else empty end),
      (if .verdict == "partition" then "master beside another master: the pair cannot hear each other" else empty end),
      (if .verdict == "brake" then "somebody else moves the address too" else empty end)]}' /run/floating-ip-agent/state.json
}

probe_address() {
local on=false
if ip -4 -o address show dev lo to IPV4-OF-platform-edge-address | grep -q .; then on=true; fi
[ -e /run/floating-ip-agent/state.json ] || { jq -n '{reasons: ["has written no state: see journalctl -u floating-ip-agent"]}'; return; }
jq --argjson on "$on" '{ip: "IPV4-OF-platform-edge-address", owner, server, here: (.server != null and .owner == .server), reasons: [
    (if $on then empty else "IPV4-OF-platform-edge-address is not on lo: see systemctl status platform-floating-ip" end),
    (if .vrrp == "MASTER" and .owner != .server then "this machine is master, and the address leads to server \(.owner)" else empty end)]}' /run/floating-ip-agent/state.json
}

probe_nat() {
{ nft list table ip platform_nat >/dev/null 2>&1 || echo "is not loaded: see systemctl status platform-nat"; } | jq -Rn '{reasons: [inputs]}'
}

probe_certificate() {
local begin end issued=false
begin=$(openssl x509 -noout -startdate -in /etc/platform/secrets/issued.pem)
end=$(openssl x509 -noout -enddate -in /etc/platform/secrets/issued.pem)
if cmp -s /etc/platform/secrets/issued.pem /var/lib/platform-certificate/site.pem; then issued=true; fi
{ cat /var/lib/platform-certificate/status.json 2>/dev/null || echo '{}'; } |
  jq --argjson issued "$issued" --argjson begin "$(date -u -d "${begin#*=}" +%s)" --argjson end "$(date -u -d "${end#*=}" +%s)" '
  (.lastFailure.why // null) as $why | ($end - now) as $left
  | (if .waitsFor then ": \(.verdict)" elif $why then ": the last of \(.failures) attempts failed: \($why)" elif .verdict then " (\(.verdict))" else "" end) as $told
  | {issued: $issued, daysLeft: ($left / 86400 | floor), renewAt: (if (.renewAt // 0) > 0 then .renewAt | floor | todate else null end),
     failures: (.failures // 0), lastFailure: $why, nextAttempt: (if (.notBefore // 0) > now then .notBefore | floor | todate else null end),
     peer: (.peer // ""), reasons: [
      if ($issued | not) then "none has been issued yet\($told)"
      elif $left < 0 then "has ended\($told)"
      elif $left < ($end - $begin) / 4 then "ends in \($left / 3600 | floor) hours and was not renewed\($told)" else empty end]}'
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
file_systems /
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
      proxy) probe_proxy ;;
      keepalived) probe_keepalived ;;
      agent) probe_agent ;;
      address) probe_address ;;
      nat) probe_nat ;;
      certificate) probe_certificate ;;
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
for name in defaultRoute journalUpload clock units updates proxy keepalived agent address nat certificate fileSystems; do ask "$name" & done
wait
status=$(for name in defaultRoute journalUpload clock units updates proxy keepalived agent address nat certificate fileSystems; do cat "$work/$name.judged"; done |
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
    (.proxy | row("proxy           "; ([.engine] + .nodes) | join(", "))),
    (.keepalived | row("keepalived      "; .role)),
    (.agent | row("agent           "; "\(.verdict), API answered \(.lastSuccess // "never"), the other load balancer " + (if .peerAnswers == [] then "does not answer" else "answers on the \(.peerAnswers | join(" and ")) side" end))),
    (.address | row("floating IP     "; "\(.ip) " + (if .here then "leads here" else "leads to server \(.owner)" end))),
    (.nat | row("NAT             "; empty)),
    (.certificate | row("certificate     "; "\(.daysLeft) days left" + (if .renewAt then ", to be renewed at \(.renewAt)" else "" end)
    + (if .failures > 0 then ", \(.failures) attempts have failed, the next one at \(.nextAttempt // "once"): \(.lastFailure)" else "" end))),
    (.fileSystems | row("disks           "; .list | map("\(.path) \(.usedPercent) %") | join(", ")))' <<<"$status"; fi
case "$(jq .up <<<"$status")" in
  true) exit 0 ;;
  false) exit 1 ;;
  *) exit 2 ;;
esac
END_651398027130

remove_orphans

stage 'early units'

starting=() restarting=() reloading=()
if unit_is_current 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'; then starting+=('platform-firewall.service'); else reloading+=('platform-firewall.service'); fi
if unit_is_current 'platform-nat.service' '/etc/platform/nat.nft' '/etc/systemd/system/platform-nat.service'; then starting+=('platform-nat.service'); else reloading+=('platform-nat.service'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
record_unit 'platform-firewall.service' '/etc/platform/firewall.nft' '/etc/systemd/system/platform-firewall.service'
record_unit 'platform-nat.service' '/etc/platform/nat.nft' '/etc/systemd/system/platform-nat.service'

if ! bash -c '[ "$(hostname)" = prod-edge1 ] && [ "$(cat /etc/hostname)" = prod-edge1 ]'; then
  stage 'host name prod-edge1' 'host name prod-edge1'
  bash -c 'set -euo pipefail
echo prod-edge1 >/etc/.hostname.platform && chmod 0644 /etc/.hostname.platform && mv /etc/.hostname.platform /etc/hostname && hostname prod-edge1'
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

if ! bash -c '[ "$(cat /proc/sys/net/ipv4/ip_forward 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/conf/all/rp_filter 2>/dev/null)" = 2 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_syncookies 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_max_syn_backlog 2>/dev/null)" = 8192 ] &&
[ "$(cat /proc/sys/net/core/somaxconn 2>/dev/null)" = 8192 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_synack_retries 2>/dev/null)" = 2 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_fin_timeout 2>/dev/null)" = 15 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_syn_retries 2>/dev/null)" = 2 ] &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_buckets 2>/dev/null)" = 65536 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_buckets ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_buckets ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)" = 262144 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_max ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv 2>/dev/null)" = 15 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv ]; }; }'; then
  stage 'kernel settings of a load balancer' 'kernel settings of a load balancer'
  bash -c 'set -euo pipefail
modprobe nf_conntrack 2>/dev/null || true
sysctl --quiet --ignore --load=/etc/sysctl.d/61-platform-edge.conf'
fi

if ! bash -c 'getent passwd platform-edge >/dev/null'; then
  stage 'user platform-edge' 'user platform-edge'
  bash -c 'set -euo pipefail
systemd-sysusers /etc/sysusers.d/platform-edge.conf'
fi

if ! bash -c '[ -p /run/platform-edge/vrrp.fifo ] && [ -e /run/platform-edge/aside ] && [ -e /run/platform-edge/owner ]'; then
  stage 'what keepalived and the agent tell each other' 'what keepalived and the agent tell each other'
  bash -c 'set -euo pipefail
systemd-tmpfiles --create /etc/tmpfiles.d/platform-edge.conf'
fi

if ! bash -c 'getent passwd platform-certificate >/dev/null'; then
  stage 'user platform-certificate' 'user platform-certificate'
  bash -c 'set -euo pipefail
systemd-sysusers /etc/sysusers.d/platform-certificate.conf'
fi

if ! bash -c '[ "$(systemctl is-enabled certbot.timer 2>/dev/null)" = masked ]'; then
  stage 'Debian'\''s timer of certbot stays off' 'Debian'\''s timer of certbot stays off'
  bash -c 'set -euo pipefail
systemctl disable --now --quiet certbot.timer || true
systemctl mask --quiet certbot.timer certbot.service'
fi

if ! bash -c '[ -s /etc/platform/secrets/issued.pem ]'; then
  stage 'a certificate to start with' 'a certificate to start with'
  bash -c 'set -euo pipefail
/usr/local/lib/platform-edge/install-certificate placeholder'
fi

stage 'units'

starting=() restarting=() reloading=()
if unit_is_current 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'; then starting+=('ssh.service'); else reloading+=('ssh.service'); fi
if unit_is_current 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'; then starting+=('apt-daily.timer'); else restarting+=('apt-daily.timer'); fi
if unit_is_current 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'; then starting+=('apt-daily-upgrade.timer'); else restarting+=('apt-daily-upgrade.timer'); fi
if unit_is_current 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'; then starting+=('systemd-sysctl.service'); else restarting+=('systemd-sysctl.service'); fi
if unit_is_current 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'; then starting+=('systemd-journal-upload.service'); else restarting+=('systemd-journal-upload.service'); fi
if unit_is_current 'platform-floating-ip.service' '/etc/systemd/system/platform-floating-ip.service'; then starting+=('platform-floating-ip.service'); else restarting+=('platform-floating-ip.service'); fi
if unit_is_current 'haproxy.service' '/etc/haproxy/haproxy.cfg' '/etc/systemd/system/haproxy.service.d/platform.conf' '/usr/local/lib/platform-edge/reload-haproxy'; then starting+=('haproxy.service'); else reloading+=('haproxy.service'); fi
if unit_is_current 'floating-ip-agent.service' '/etc/systemd/system/floating-ip-agent.service' '/etc/platform/secrets/floating-ip-agent.json' '/etc/platform/secrets/hetzner-api-token' '/usr/local/lib/platform-edge/address.py' '/usr/local/lib/platform-edge/agent.py' '/usr/local/lib/platform-edge/decision.py' '/usr/local/lib/platform-edge/hetzner.py' '/usr/local/lib/platform-edge/local.py' '/usr/local/lib/platform-edge/log.py' '/usr/local/lib/platform-edge/outside.py' '/usr/local/lib/platform-edge/peer.py' '/usr/local/lib/platform-edge/route.py' '/usr/local/lib/platform-edge/signing.py' '/usr/local/lib/platform-edge/twin.py'; then starting+=('floating-ip-agent.service'); else restarting+=('floating-ip-agent.service'); fi
if unit_is_current 'keepalived.service' '/etc/keepalived/keepalived.conf' '/etc/systemd/system/keepalived.service.d/platform.conf' '/usr/local/lib/platform-edge/serves'; then starting+=('keepalived.service'); else restarting+=('keepalived.service'); fi
if unit_is_current 'platform-certificate-peer.socket' '/etc/systemd/system/platform-certificate-peer.socket' '/etc/systemd/system/platform-certificate-peer@.service' '/etc/platform/secrets/certificate.json'; then starting+=('platform-certificate-peer.socket'); else restarting+=('platform-certificate-peer.socket'); fi
if unit_is_current 'platform-certificate.timer' '/etc/systemd/system/platform-certificate.timer' '/etc/systemd/system/platform-certificate.service' '/etc/platform/secrets/certificate.json' '/usr/local/lib/platform-edge/install-certificate' '/usr/local/lib/platform-certificate/authority.py' '/usr/local/lib/platform-certificate/bundle.py' '/usr/local/lib/platform-certificate/certificate.py' '/usr/local/lib/platform-certificate/challenge.py' '/usr/local/lib/platform-certificate/handover.py' '/usr/local/lib/platform-certificate/nameserver.py' '/usr/local/lib/platform-certificate/schedule.py' '/usr/local/lib/platform-certificate/sealing.py' '/usr/local/lib/platform-certificate/zone.py' '/usr/local/lib/platform-certificate/hetzner.py'; then starting+=('platform-certificate.timer'); else restarting+=('platform-certificate.timer'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
record_unit 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'
record_unit 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'
record_unit 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'
record_unit 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'
record_unit 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'
record_unit 'platform-floating-ip.service' '/etc/systemd/system/platform-floating-ip.service'
record_unit 'haproxy.service' '/etc/haproxy/haproxy.cfg' '/etc/systemd/system/haproxy.service.d/platform.conf' '/usr/local/lib/platform-edge/reload-haproxy'
record_unit 'floating-ip-agent.service' '/etc/systemd/system/floating-ip-agent.service' '/etc/platform/secrets/floating-ip-agent.json' '/etc/platform/secrets/hetzner-api-token' '/usr/local/lib/platform-edge/address.py' '/usr/local/lib/platform-edge/agent.py' '/usr/local/lib/platform-edge/decision.py' '/usr/local/lib/platform-edge/hetzner.py' '/usr/local/lib/platform-edge/local.py' '/usr/local/lib/platform-edge/log.py' '/usr/local/lib/platform-edge/outside.py' '/usr/local/lib/platform-edge/peer.py' '/usr/local/lib/platform-edge/route.py' '/usr/local/lib/platform-edge/signing.py' '/usr/local/lib/platform-edge/twin.py'
record_unit 'keepalived.service' '/etc/keepalived/keepalived.conf' '/etc/systemd/system/keepalived.service.d/platform.conf' '/usr/local/lib/platform-edge/serves'
record_unit 'platform-certificate-peer.socket' '/etc/systemd/system/platform-certificate-peer.socket' '/etc/systemd/system/platform-certificate-peer@.service' '/etc/platform/secrets/certificate.json'
record_unit 'platform-certificate.timer' '/etc/systemd/system/platform-certificate.timer' '/etc/systemd/system/platform-certificate.service' '/etc/platform/secrets/certificate.json' '/usr/local/lib/platform-edge/install-certificate' '/usr/local/lib/platform-certificate/authority.py' '/usr/local/lib/platform-certificate/bundle.py' '/usr/local/lib/platform-certificate/certificate.py' '/usr/local/lib/platform-certificate/challenge.py' '/usr/local/lib/platform-certificate/handover.py' '/usr/local/lib/platform-certificate/nameserver.py' '/usr/local/lib/platform-certificate/schedule.py' '/usr/local/lib/platform-certificate/sealing.py' '/usr/local/lib/platform-certificate/zone.py' '/usr/local/lib/platform-certificate/hetzner.py'

stage 'check host firewall is loaded'
wait_until 60 'nft list table inet platform_firewall'

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

stage 'check kernel settings of a load balancer hold'
wait_until 1 'if ! { [ "$(cat /proc/sys/net/ipv4/ip_forward 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/conf/all/rp_filter 2>/dev/null)" = 2 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_syncookies 2>/dev/null)" = 1 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_max_syn_backlog 2>/dev/null)" = 8192 ] &&
[ "$(cat /proc/sys/net/core/somaxconn 2>/dev/null)" = 8192 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_synack_retries 2>/dev/null)" = 2 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_fin_timeout 2>/dev/null)" = 15 ] &&
[ "$(cat /proc/sys/net/ipv4/tcp_syn_retries 2>/dev/null)" = 2 ] &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_buckets 2>/dev/null)" = 65536 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_buckets ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_buckets ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)" = 262144 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_max ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_max ]; }; } &&
{ [ "$(cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv 2>/dev/null)" = 15 ] || { [ -e /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv ] && [ ! -w /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv ]; }; }; }; then
  sysctl --ignore net.ipv4.ip_forward net.ipv4.ip_nonlocal_bind net.ipv4.conf.all.rp_filter net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog net.core.somaxconn net.ipv4.tcp_synack_retries net.ipv4.tcp_fin_timeout net.ipv4.tcp_syn_retries net.netfilter.nf_conntrack_buckets net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_syn_recv
  echo "these do not hold what /etc/sysctl.d/61-platform-edge.conf says"
  exit 1
fi'

stage 'check NAT is loaded'
wait_until 60 'nft list table ip platform_nat >/dev/null'

stage 'check floating IP is configured'
wait_until 10 'ip -o -4 address show dev lo to IPV4-OF-platform-edge-address | grep -q . || { echo "IPV4-OF-platform-edge-address is not on lo"; false; }'

stage 'check HAProxy answers'
wait_until 60 'curl -fsS -o /dev/null http://10.0.1.11:8404/alive'

stage 'check floating IP agent knows its server'
wait_until 60 'python3 -c '\''import json,sys; state = json.load(open("/run/floating-ip-agent/state.json")); sys.exit(0 if state["server"] else "the API answers: " + state["api"])'\'''

stage end "set up"
stage end
