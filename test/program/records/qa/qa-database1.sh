#!/bin/bash
set -euo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

readonly setup_hostname='qa-database1'

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
/usr/local/lib/platform/judge-database
/etc/platform/stores/database
/usr/local/lib/platform/judge-cache
/etc/platform/stores/cache
/etc/sysctl.d/61-platform-listen-early.conf
/etc/sysctl.d/65-platform-database.conf
/etc/postgresql-common/createcluster.d/platform.conf
/etc/postgresql/17/main/conf.d/platform.conf
/etc/postgresql/17/main/pg_hba.conf
/etc/systemd/system/postgresql@17-main.service.d/platform.conf
/etc/platform/postgresql/roles.sql
/etc/platform/postgresql/roles-current.sql
/etc/platform/postgresql/database.sql
/etc/platform/postgresql/database-current.sql
/etc/platform/postgresql/check.pgpass
/etc/valkey/valkey.conf
/etc/systemd/system/valkey-server.service.d/platform.conf
/etc/platform/cache-admin.env
/etc/platform/cache-check.env
/etc/platform/elasticsearch/elasticsearch.yml
/etc/platform/elasticsearch/heap.options
/etc/platform/elasticsearch/password
/etc/platform/elasticsearch/admin.curl
/etc/platform/elasticsearch/check.curl
/etc/platform/elasticsearch/role.json
/etc/platform/elasticsearch/user.json
/etc/systemd/system/elasticsearch.service
/etc/platform/elasticsearch.env
/usr/local/sbin/platform-promote
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
postgresql@17-main.service
valkey-server.service
elasticsearch.service
END_OF_NAMES

stage files

put_file '/usr/local/lib/platform/judge-database' 'root' 'root' '0755' <<'END_24a4c88201b5'
#!/bin/bash
# Judges what the database store is to serve, in the file $1.
set -euo pipefail
refuse() {
  echo "refuses to serve $1, the platform's data would stay behind: set it back, or move the data and accept the change (docs/operations.md, settings that data depends on)"
  exit 1
}
read -r wanted <"$1"
[ -d /var/lib/postgresql/17/main/base ] || exit 0
# The name goes by the environment: psql would read one with an equals sign as a list of parameters.
ask() { runuser -u postgres -- env PGDATABASE="$1" psql -XqAt -v ON_ERROR_STOP=1 -c "$2" </dev/null; }

systemctl start postgresql@17-main.service || true
for _ in {1..60}; do
  ! runuser -u postgres -- pg_isready -q || break
  sleep 0.5
done
names=$(ask postgres "select datname from pg_database where not datistemplate and datallowconn and datname <> 'postgres'") ||
  refuse "database $wanted: PostgreSQL does not answer, so nobody can see which databases there are"
! grep -qxF -- "$wanted" <<<"$names" || exit 0
while read -r name; do
  [ -z "$name" ] || [ "$(ask "$name" "select exists (select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'p', 'm') and nspname !~ '^pg_' and nspname <> 'information_schema')")" = f ] ||
    refuse "database $wanted, which is not there, while database $name has tables"
done <<<"$names"
END_24a4c88201b5

put_file '/etc/platform/stores/database' 'root' 'root' '0644' '/usr/local/lib/platform/judge-database "$1"' <<'END_8a8f60ecb09b'
app
END_8a8f60ecb09b

put_file '/usr/local/lib/platform/judge-cache' 'root' 'root' '0755' <<'END_9ea062446680'
#!/bin/bash
# Judges what the cache store is to serve, in the file $1.
set -euo pipefail
refuse() {
  echo "refuses to serve $1, the platform's data would stay behind: set it back, or move the data and accept the change (docs/operations.md, settings that data depends on)"
  exit 1
}
read -r wanted <"$1"
for engine in valkey redis; do
  [ "$engine" != "$wanted" ] || continue
  [ -d "/var/lib/$wanted/appendonlydir" ] || [ ! -d "/var/lib/$engine/appendonlydir" ] ||
    refuse "a $wanted that is empty, while $engine holds sessions and jobs"
done
END_9ea062446680

put_file '/etc/platform/stores/cache' 'root' 'root' '0644' '/usr/local/lib/platform/judge-cache "$1"' <<'END_96853e031f7b'
valkey
END_96853e031f7b

put_file '/etc/postgresql-common/createcluster.d/platform.conf' 'root' 'root' '0644' <<'END_ebb9a7065fe9'
create_main_cluster = true
start_conf = 'auto'
initdb_options = '--data-checksums --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256'
END_ebb9a7065fe9

install_packages 'nftables' 'iproute2' 'unattended-upgrades' 'jq' 'procps' 'systemd-journal-remote' 'docker.io' 'docker-cli' 'iptables' 'postgresql-17' 'valkey-server' 'valkey-tools' 'curl'

if ! bash -c '[ -f /etc/postgresql/17/main/postgresql.conf ]'; then
  stage 'a cluster of the machine'\''s own' 'a cluster of the machine'\''s own'
  bash -c 'set -euo pipefail
[ -f /etc/ssl/private/ssl-cert-snakeoil.key ] || make-ssl-cert generate-default-snakeoil
pg_createcluster 17 main'
fi

stage files "writing configuration"

put_file '/etc/platform/firewall.nft' 'root' 'root' '0644' <<'END_b93d29d04157'
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
    ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 5432 accept comment "PostgreSQL"
    ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 6379 accept comment "sessions, cache and jobs"
    ip saddr { 10.0.2.11, 10.0.2.12 } tcp dport 9200 accept comment "search"
    ip saddr { 10.0.4.11 } tcp dport 5432 accept comment "backups"
    ip saddr { 10.0.1.11, 10.0.1.12, 10.0.2.11, 10.0.2.12, 10.0.3.11, 10.0.4.11 } meta l4proto { icmp, ipv6-icmp } accept comment "reachability"
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    # User data lies at the metadata service; a container has no business there, whatever network it is in.
    iifname "br-*" ip daddr 169.254.169.254 drop
    iifname "docker0" ip daddr 169.254.169.254 drop
  }
}
END_b93d29d04157

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

put_file '/etc/systemd/system/apt-daily.timer.d/platform.conf' 'root' 'root' '0644' <<'END_9e9a1d93808c'
[Timer]
OnCalendar=
OnCalendar=*-*-* 14:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_9e9a1d93808c

put_file '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf' 'root' 'root' '0644' <<'END_254ff08fd627'
[Timer]
OnCalendar=
OnCalendar=*-*-* 15:17:00 UTC
RandomizedDelaySec=0
Persistent=false
END_254ff08fd627

put_file '/usr/local/sbin/platform-upgrade' 'root' 'root' '0755' <<'END_1b9708b9d2e3'
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
  :
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
    echo 'PostgreSQL, cache and search pause for seconds when they are upgraded, and nobody stands in for them: take a backup first (platform-backup on the storage machine), then platform-upgrade --yes when few are looking'
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
END_1b9708b9d2e3

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

put_file '/etc/sysctl.d/65-platform-database.conf' 'root' 'root' '0644' <<'END_b5339d9868a4'
-vm.swappiness = 1
-vm.overcommit_memory = 1
-vm.dirty_background_bytes = 67108864
-vm.dirty_bytes = 536870912
-vm.max_map_count = 1048576
END_b5339d9868a4

put_file '/etc/postgresql/17/main/conf.d/platform.conf' 'root' 'postgres' '0640' <<'END_21d7467cd077'
listen_addresses = 'localhost,10.0.3.11'
port = '5432'
max_connections = '200'
shared_buffers = '1152MB'
effective_cache_size = '3456MB'
maintenance_work_mem = '288MB'
work_mem = '5671kB'
wal_buffers = '16384kB'
min_wal_size = '1GB'
max_wal_size = '4GB'
checkpoint_completion_target = '0.9'
random_page_cost = '1.1'
effective_io_concurrency = '200'
huge_pages = 'off'
jit = 'off'
wal_compression = 'lz4'
max_worker_processes = '8'
max_parallel_workers = '4'
max_parallel_workers_per_gather = '2'
max_parallel_maintenance_workers = '2'
password_encryption = 'scram-sha-256'
wal_level = 'replica'
max_slot_wal_keep_size = '4GB'
idle_in_transaction_session_timeout = '10min'
tcp_keepalives_idle = '10'
tcp_keepalives_interval = '5'
tcp_keepalives_count = '3'
tcp_user_timeout = '15s'
timezone = 'Etc/UTC'
log_destination = 'syslog'
logging_collector = 'off'
syslog_ident = 'postgres'
syslog_sequence_numbers = 'off'
syslog_split_messages = 'off'
log_line_prefix = '%q%u@%d '
log_timezone = 'Etc/UTC'
log_checkpoints = 'on'
log_lock_waits = 'on'
log_temp_files = '1MB'
log_autovacuum_min_duration = '1s'
END_21d7467cd077

put_file '/etc/postgresql/17/main/pg_hba.conf' 'root' 'postgres' '0640' <<'END_956ba7bcd2a9'
local	all	postgres	peer
host	"app"	"app"	127.0.0.1/32	scram-sha-256
host	"app"	"app"	10.0.2.11/32	scram-sha-256
host	"app"	"app"	10.0.2.12/32	scram-sha-256
host	"app",postgres	platform_backup	10.0.4.11/32	scram-sha-256
host	"app"	platform_restore	10.0.4.11/32	reject
host	all	platform_restore	10.0.4.11/32	scram-sha-256
END_956ba7bcd2a9

put_file '/etc/systemd/system/postgresql@17-main.service.d/platform.conf' 'root' 'root' '0644' <<'END_3551ccde2abb'
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=1
END_3551ccde2abb

put_file '/etc/platform/postgresql/roles.sql' 'root' 'root' '0600' <<'END_7a86e94e222f'
-- A failing statement must not put a password verifier into the log.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
select 'alter role restore rename to platform_restore'
where exists (select from pg_roles where rolname = 'restore')
  and not exists (select from pg_roles where rolname = 'platform_restore')
  and exists (select from pg_roles where rolname = 'backup' and shobj_description(oid, 'pg_authid') like 'platform roles, revision %') \gexec
select 'alter role backup rename to platform_backup'
where exists (select from pg_roles where rolname = 'backup')
  and not exists (select from pg_roles where rolname = 'platform_backup')
  and exists (select from pg_roles where rolname = 'backup' and shobj_description(oid, 'pg_authid') like 'platform roles, revision %') \gexec
select 'create role "app"' where not exists (select from pg_roles where rolname = 'app') \gexec
select 'create role "platform_backup"' where not exists (select from pg_roles where rolname = 'platform_backup') \gexec
select 'create role "platform_restore"' where not exists (select from pg_roles where rolname = 'platform_restore') \gexec
alter role "app" with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password 'SCRAM-SHA-256$4096:NNRxtotz9hVLf/Fz3I5ezg==$YMjWwp5z47DLMlNdlPH9LpJLCz67JAgjj7oUHdZH0o8=:VafLjF+Ldiq9A2D7a5Y0r30AznAAFXf2HyEqG4CAie0=';
alter role platform_backup with login superuser nocreatedb nocreaterole noreplication nobypassrls password 'SCRAM-SHA-256$4096:YOLy5hocVUxaMNikQI5VLg==$mxnLuIq2kJEtaVfdE2IP64xjBb+3BesRnX/o+x6fj0k=:CPYx4eIDvlbVyw72aNZDXJKvvbjk1+MR57XPJODHbUI=';
alter role platform_restore with login superuser nocreatedb nocreaterole noreplication nobypassrls password 'SCRAM-SHA-256$4096:1czAj1bkrKVzuGS9TqNORw==$lHiqgVabJ967lH/FU7H6sDrGHlyevLKmPyf5cevjuFg=:dND8azZvj1UjJuBqjbPVZ6tBRccHUnCuREaER7uTUP0=';
alter role platform_backup set default_transaction_read_only = on;
comment on role platform_backup is 'platform roles, revision 29c5c9ee95158eee';
END_7a86e94e222f

put_file '/etc/platform/postgresql/roles-current.sql' 'root' 'root' '0600' <<'END_23171cf2dd11'
select count(*) = 3
  and coalesce(bool_or(shobj_description(oid, 'pg_authid') = 'platform roles, revision 29c5c9ee95158eee'), false)
from pg_authid
where (rolname, rolpassword) in (('app', 'SCRAM-SHA-256$4096:NNRxtotz9hVLf/Fz3I5ezg==$YMjWwp5z47DLMlNdlPH9LpJLCz67JAgjj7oUHdZH0o8=:VafLjF+Ldiq9A2D7a5Y0r30AznAAFXf2HyEqG4CAie0='),
  ('platform_backup', 'SCRAM-SHA-256$4096:YOLy5hocVUxaMNikQI5VLg==$mxnLuIq2kJEtaVfdE2IP64xjBb+3BesRnX/o+x6fj0k=:CPYx4eIDvlbVyw72aNZDXJKvvbjk1+MR57XPJODHbUI='),
  ('platform_restore', 'SCRAM-SHA-256$4096:1czAj1bkrKVzuGS9TqNORw==$lHiqgVabJ967lH/FU7H6sDrGHlyevLKmPyf5cevjuFg=:dND8azZvj1UjJuBqjbPVZ6tBRccHUnCuREaER7uTUP0='));
END_23171cf2dd11

put_file '/etc/platform/postgresql/database.sql' 'root' 'root' '0644' <<'END_766928b95efc'
revoke all on database "app" from public;
END_766928b95efc

put_file '/etc/platform/postgresql/database-current.sql' 'root' 'root' '0644' <<'END_3f7886b4798c'
select pg_get_userbyid(datdba) = 'app'
  and not exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0)
from pg_database where datname = 'app';
END_3f7886b4798c

put_file '/etc/platform/postgresql/check.pgpass' 'root' 'root' '0600' <<'END_e7991fcb0ddf'
127.0.0.1:*:*:app:SECRET-platform-database-postgresql-app
END_e7991fcb0ddf

put_file '/etc/valkey/valkey.conf' 'valkey' 'valkey' '0640' <<'END_fbfcc135498b'
bind 10.0.3.11 127.0.0.1
port 6379
protected-mode yes
tcp-backlog 511
tcp-keepalive 60
timeout 0
supervised systemd
daemonize no
loglevel notice
# Standard output is the journal.
logfile ""
dir /var/lib/valkey
maxmemory 512mb
maxmemory-policy volatile-lru
# A crash loses at most the last second of sessions and jobs.
appendonly yes
appendfsync everysec
aof-use-rdb-preamble yes
no-appendfsync-on-rewrite no
# The append-only file is the one copy on disk: snapshots would cost a second fork.
save ""
lazyfree-lazy-eviction yes
lazyfree-lazy-expire yes
disable-thp yes
user default off
user app on #21aa1c9765440352655e43db7ef6dbc9098f9250aabffef655782be3282fde59 ~* &* +@all -@admin -@dangerous +info +sort
user admin on #454b8e63e3cd28e1627eb4b32edd91191a4ddda917d7e25a23b04006f55f7883 ~* &* +@all
END_fbfcc135498b

put_file '/etc/systemd/system/valkey-server.service.d/platform.conf' 'root' 'root' '0644' <<'END_3551ccde2abb'
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=1
END_3551ccde2abb

put_file '/etc/platform/cache-admin.env' 'root' 'root' '0600' <<'END_452f909b69b2'
REDISCLI_AUTH=SECRET-platform-database-cache-admin
END_452f909b69b2

put_file '/etc/platform/cache-check.env' 'root' 'root' '0600' <<'END_330d9cfc3ebe'
REDISCLI_AUTH=SECRET-platform-database-cache-app
END_330d9cfc3ebe

put_file '/etc/platform/elasticsearch/elasticsearch.yml' 'root' 'root' '0644' <<'END_9be443a26477'
cluster.name: platform
node.name: 10.0.3.11
discovery.type: single-node
network.host: 10.0.3.11
http.port: 9200
# Nobody joins this cluster.
transport.host: 127.0.0.1
path.data: /usr/share/elasticsearch/data
xpack.security.enabled: true
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
xpack.license.self_generated.type: basic
xpack.ml.enabled: false
# Half-full disks are normal on a machine that also holds PostgreSQL; fixed amounts fit every size. Search stops
# writing while PostgreSQL's log still has room: a full disk ends PostgreSQL, a read-only index does not.
cluster.routing.allocation.disk.watermark.low: 8gb
cluster.routing.allocation.disk.watermark.high: 7gb
cluster.routing.allocation.disk.watermark.flood_stage: 6gb
END_9be443a26477

put_file '/etc/platform/elasticsearch/heap.options' 'root' 'root' '0644' <<'END_bc4dfbd78741'
-Xms1024m
-Xmx1024m
END_bc4dfbd78741

put_file '/etc/platform/elasticsearch/password' '1000' 'root' '0400' <<'END_eff363cfdd0c'
SECRET-platform-database-search-admin
END_eff363cfdd0c

put_file '/etc/platform/elasticsearch/admin.curl' 'root' 'root' '0600' <<'END_9b03297e53a2'
user = "elastic:SECRET-platform-database-search-admin"
END_9b03297e53a2

put_file '/etc/platform/elasticsearch/check.curl' 'root' 'root' '0600' <<'END_b50c48d29d70'
user = "app:SECRET-platform-database-search-app"
END_b50c48d29d70

put_file '/etc/platform/elasticsearch/role.json' 'root' 'root' '0644' <<'END_6f45ce957821'
{"cluster":["monitor","manage_index_templates","manage_ingest_pipelines"],"indices":[{"names":["*"],"privileges":["all"],"allow_restricted_indices":false}],"metadata":{"revision":"293bacdd096e1333"}}
END_6f45ce957821

put_file '/etc/platform/elasticsearch/user.json' 'root' 'root' '0600' <<'END_16a015dfbb8a'
{"password":"SECRET-platform-database-search-app","roles":["platform_app"]}
END_16a015dfbb8a

put_file '/etc/systemd/system/elasticsearch.service' 'root' 'root' '0644' <<'END_3b30b7cbd813'
[Unit]
Description=Container elasticsearch
After=docker.service platform-network.service platform-container-log@elasticsearch.socket
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service platform-container-log@elasticsearch.socket
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/platform-container elasticsearch \
  --init \
  --hostname=elasticsearch \
  --network=host \
  --log-driver=syslog \
  --log-opt=syslog-address=unixgram:///run/platform-container-log/elasticsearch \
  --log-opt=tag=@ \
  --log-opt=cache-disabled=true \
  --env-file=/etc/platform/elasticsearch.env \
  --volume=/var/lib/elasticsearch:/usr/share/elasticsearch/data \
  --volume=/etc/platform/elasticsearch/elasticsearch.yml:/usr/share/elasticsearch/config/elasticsearch.yml:ro \
  --volume=/etc/platform/elasticsearch/heap.options:/usr/share/elasticsearch/config/jvm.options.d/heap.options:ro \
  --volume=/etc/platform/elasticsearch/password:/run/secrets/elastic-password:ro \
  --memory=2048m \
  --stop-timeout=60 \
  elasticsearch@DIGEST-OF-elasticsearch:8.19.21
ExecStop=/usr/bin/docker stop --time=60 elasticsearch
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=70

[Install]
WantedBy=multi-user.target
END_3b30b7cbd813

put_file '/etc/platform/elasticsearch.env' 'root' 'root' '0644' <<'END_719a3d93ac9e'
ELASTIC_PASSWORD_FILE=/run/secrets/elastic-password
END_719a3d93ac9e

put_file '/usr/local/sbin/platform-promote' 'root' 'root' '0755' <<'END_4d40e28c08e2'
#!/bin/bash
# Makes the PostgreSQL of this machine the primary.
set -euo pipefail
if [ $# -gt 0 ]; then
  echo "usage: platform-promote" >&2
  exit 64
fi
ask() { runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -c "$1"; }

if [ "$(ask 'select pg_is_in_recovery()')" = f ]; then
  echo "$(hostname) is the primary already (timeline $(ask 'select timeline_id from pg_control_checkpoint()')): nothing to promote"
  exit 0
fi
if [ "$(ask 'select pg_promote(wait => true, wait_seconds => 60)')" != t ]; then
  echo "$(hostname) did not become primary within 60 seconds: see journalctl -t postgres" >&2
  exit 1
fi
echo "$(hostname) is the primary now (timeline $(ask 'select timeline_id from pg_control_checkpoint()')): stop the old primary before clients reach both"
END_4d40e28c08e2

put_file '/usr/local/sbin/platform-status' 'root' 'root' '0755' <<'END_c6c676c230d8'
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

probe_postgresql() {
{
  runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 <<'SQL' 2>/dev/null || printf '%s' '{"running":false,"reasons":["does not answer"]}'
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
  "\(.checksumFailures) checksum failures in \(.damaged | join(", ")): the disk or memory damaged data" else empty end]'
}

probe_cache() {
local info
  # shellcheck disable=SC1091
  info=$(set -a && . /etc/platform/cache-admin.env &&
    valkey-cli -h 10.0.3.11 -p 6379 --no-auth-warning --user admin info 2>/dev/null | tr -d '\r') || true
  value() { sed -n "s/^$1://p" <<<"$info" | head -n 1; }
  if [ -z "$(value redis_version)" ]; then
    jq -n --argjson silent '{"running":false,"reasons":["does not answer"]}' '$silent + {engine: "valkey"}'
    return
  fi
  local version
  version=$(value valkey_version)
  jq -n --arg engine valkey --arg version "${version:-$(value redis_version)}" --arg role "$(value role)" \
    --argjson used "$(value used_memory)" --argjson max "$(value maxmemory)" --argjson clients "$(value connected_clients)" \
    --argjson evicted "$(value evicted_keys)" --arg loading "$(value loading)" --arg enabled "$(value aof_enabled)" --arg aof "$(value aof_last_write_status)" \
    --arg rewrite "$(value aof_last_bgrewrite_status)" --arg rdb "$(value rdb_last_bgsave_status)" \
    '{running: true, engine: $engine, version: $version, role: (if $role == "master" then "primary" else "replica" end),
      usedBytes: $used, maxBytes: $max, clients: $clients, evictedKeys: $evicted, appendOnlyFile: $aof, reasons: [
        (if $loading == "1" then "still reads its append-only file" else empty end),
        (if $enabled == "0" then "the append-only file is off" else empty end),
        (if $aof == "err" then "the append-only file could not be written: what was stored since is lost at a restart" else empty end),
        (if $rewrite == "err" then "the append-only file could not be rewritten: it only grows" else empty end),
        (if $rdb == "err" then "the last snapshot failed" else empty end)]}'
}

probe_search() {
local url=http://10.0.3.11:9200 health root
  health=$(curl -fsS -m 5 -K /etc/platform/elasticsearch/admin.curl "$url/_cluster/stats" 2>/dev/null) || true
  root=$(curl -fsS -m 5 -K /etc/platform/elasticsearch/admin.curl "$url/" 2>/dev/null) || true
  if [ -z "$health" ] || [ -z "$root" ]; then
    printf '%s' '{"running":false,"reasons":["does not answer"]}'
    return
  fi
  jq -n --argjson health "$health" --argjson root "$root" '{running: true, version: $root.version.number, status: $health.status,
    indexes: $health.indices.count, documents: $health.indices.docs.count, bytes: $health.indices.store.size_in_bytes,
    heapUsedBytes: $health.nodes.jvm.mem.heap_used_in_bytes, heapMaxBytes: $health.nodes.jvm.mem.heap_max_in_bytes,
    reasons: [if $health.status == "red" then "red: an index is incomplete" else empty end]}'
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
file_systems / /var/lib/postgresql /var/lib/docker
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
      postgresql) probe_postgresql ;;
      cache) probe_cache ;;
      search) probe_search ;;
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
for name in defaultRoute journalUpload clock units updates postgresql cache search fileSystems; do ask "$name" & done
wait
status=$(for name in defaultRoute journalUpload clock units updates postgresql cache search fileSystems; do cat "$work/$name.judged"; done |
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
    (.postgresql | row("postgresql      "; select(.running) | "\(.version) \(.role), timeline \(.timeline), up since \(.started), connections \(.connections)/\(.maxConnections), replicas \(.replicas), checksum failures \(.checksumFailures)", (.databases | to_entries[] | "\(.key) \(.value | mb)"))),
    (.cache | row("cache           "; select(.running) | "\(.engine) \(.version) \(.role), \(.usedBytes | mb) of \(.maxBytes | mb), clients \(.clients), evicted \(.evictedKeys), append-only file \(.appendOnlyFile)")),
    (.search | row("search          "; select(.running) | "elasticsearch \(.version) \(.status | if . == "yellow" then "yellow (one node keeps no second copies)" else . end), indexes \(.indexes), documents \(.documents), \(.bytes | mb), heap \(.heapUsedBytes | mb) of \(.heapMaxBytes | mb)")),
    (.fileSystems | row("disks           "; .list | map("\(.path) \(.usedPercent) %") | join(", ")))' <<<"$status"; fi
case "$(jq .up <<<"$status")" in
  true) exit 0 ;;
  false) exit 1 ;;
  *) exit 2 ;;
esac
END_c6c676c230d8

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

if ! bash -c '[ "$(hostname)" = qa-database1 ] && [ "$(cat /etc/hostname)" = qa-database1 ]'; then
  stage 'host name qa-database1' 'host name qa-database1'
  bash -c 'set -euo pipefail
echo qa-database1 >/etc/.hostname.platform && chmod 0644 /etc/.hostname.platform && mv /etc/.hostname.platform /etc/hostname && hostname qa-database1'
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

if ! bash -c '{ [ "$(cat /proc/sys/vm/swappiness 2>/dev/null)" = 1 ] || { [ -e /proc/sys/vm/swappiness ] && [ ! -w /proc/sys/vm/swappiness ]; }; } &&
{ [ "$(cat /proc/sys/vm/overcommit_memory 2>/dev/null)" = 1 ] || { [ -e /proc/sys/vm/overcommit_memory ] && [ ! -w /proc/sys/vm/overcommit_memory ]; }; } &&
{ [ "$(cat /proc/sys/vm/dirty_background_bytes 2>/dev/null)" = 67108864 ] || { [ -e /proc/sys/vm/dirty_background_bytes ] && [ ! -w /proc/sys/vm/dirty_background_bytes ]; }; } &&
{ [ "$(cat /proc/sys/vm/dirty_bytes 2>/dev/null)" = 536870912 ] || { [ -e /proc/sys/vm/dirty_bytes ] && [ ! -w /proc/sys/vm/dirty_bytes ]; }; } &&
{ [ "$(cat /proc/sys/vm/max_map_count 2>/dev/null)" = 1048576 ] || { [ -e /proc/sys/vm/max_map_count ] && [ ! -w /proc/sys/vm/max_map_count ]; }; }'; then
  stage 'kernel settings for databases' 'kernel settings for databases'
  bash -c 'set -euo pipefail
sysctl --quiet --ignore --load=/etc/sysctl.d/65-platform-database.conf'
fi

if ! bash -c '[ "$(stat -c %u:%g:%a /var/lib/elasticsearch 2>/dev/null)" = 1000:0:770 ]'; then
  stage 'data folder of Elasticsearch' 'data folder of Elasticsearch'
  bash -c 'set -euo pipefail
install -d -o 1000 -g 0 -m 0770 /var/lib/elasticsearch'
fi

if ! bash -c 'docker image inspect elasticsearch@DIGEST-OF-elasticsearch:8.19.21 >/dev/null 2>&1'; then
  stage 'pull elasticsearch@DIGEST-OF-elasticsearch:8.19.21' 'pull elasticsearch@DIGEST-OF-elasticsearch:8.19.21'
  bash -c 'set -euo pipefail
systemctl start docker.service && docker pull -q elasticsearch@DIGEST-OF-elasticsearch:8.19.21'
fi

stage 'units'

starting=() restarting=() reloading=()
if unit_is_current 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'; then starting+=('ssh.service'); else reloading+=('ssh.service'); fi
if unit_is_current 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'; then starting+=('apt-daily.timer'); else restarting+=('apt-daily.timer'); fi
if unit_is_current 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'; then starting+=('apt-daily-upgrade.timer'); else restarting+=('apt-daily-upgrade.timer'); fi
if unit_is_current 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'; then starting+=('systemd-sysctl.service'); else restarting+=('systemd-sysctl.service'); fi
if unit_is_current 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'; then starting+=('systemd-journal-upload.service'); else restarting+=('systemd-journal-upload.service'); fi
if unit_is_current 'postgresql@17-main.service' '/etc/postgresql/17/main/conf.d/platform.conf' '/etc/postgresql/17/main/pg_hba.conf' '/etc/systemd/system/postgresql@17-main.service.d/platform.conf'; then starting+=('postgresql@17-main.service'); else reloading+=('postgresql@17-main.service'); fi
if unit_is_current 'valkey-server.service' '/etc/valkey/valkey.conf' '/etc/systemd/system/valkey-server.service.d/platform.conf'; then starting+=('valkey-server.service'); else restarting+=('valkey-server.service'); fi
if unit_is_current 'elasticsearch.service' '/etc/systemd/system/elasticsearch.service' '/etc/platform/elasticsearch.env' '/etc/platform/elasticsearch/elasticsearch.yml' '/etc/platform/elasticsearch/heap.options' '/etc/platform/elasticsearch/password'; then starting+=('elasticsearch.service'); else restarting+=('elasticsearch.service'); fi
if [ "${#restarting[@]}" -gt 0 ] || [ "${#reloading[@]}" -gt 0 ]; then systemctl daemon-reload; fi
enable_units "${restarting[@]}" "${reloading[@]}"
units_do restart "${restarting[@]}"
units_do reload-or-restart "${reloading[@]}"
start_inactive "${starting[@]}"
wait_until 60 'runuser -u postgres -- pg_isready -q'
wait_until 120 '[ "$(set -a && . /etc/platform/cache-admin.env && valkey-cli -h 10.0.3.11 -p 6379 --no-auth-warning --user admin ping)" = PONG ]'
wait_until 240 'curl -fsS -m 10 -K /etc/platform/elasticsearch/admin.curl '\''http://10.0.3.11:9200/_cluster/health?wait_for_status=yellow&timeout=5s'\'' >/dev/null'
record_unit 'ssh.service' '/etc/ssh/sshd_config.d/10-platform.conf'
record_unit 'apt-daily.timer' '/etc/systemd/system/apt-daily.timer.d/platform.conf'
record_unit 'apt-daily-upgrade.timer' '/etc/systemd/system/apt-daily-upgrade.timer.d/platform.conf'
record_unit 'systemd-sysctl.service' '/etc/sysctl.d/60-platform.conf'
record_unit 'systemd-journal-upload.service' '/etc/systemd/journal-upload.conf.d/platform.conf' '/etc/systemd/system/systemd-journal-upload.service.d/platform.conf'
record_unit 'postgresql@17-main.service' '/etc/postgresql/17/main/conf.d/platform.conf' '/etc/postgresql/17/main/pg_hba.conf' '/etc/systemd/system/postgresql@17-main.service.d/platform.conf'
record_unit 'valkey-server.service' '/etc/valkey/valkey.conf' '/etc/systemd/system/valkey-server.service.d/platform.conf'
record_unit 'elasticsearch.service' '/etc/systemd/system/elasticsearch.service' '/etc/platform/elasticsearch.env' '/etc/platform/elasticsearch/elasticsearch.yml' '/etc/platform/elasticsearch/heap.options' '/etc/platform/elasticsearch/password'

if ! bash -c '[ -z "$(/usr/local/sbin/platform-image-prune --list)" ]'; then
  stage 'images that nothing needs any more' 'images that nothing needs any more'
  bash -c 'set -euo pipefail
/usr/local/sbin/platform-image-prune'
fi

if ! bash -c 'for attempt in $(seq 50); do
  answer=$(runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -c "select pg_conf_load_time() >= greatest((pg_stat_file('\''/etc/postgresql/17/main/conf.d/platform.conf'\'')).modification, (pg_stat_file('\''/etc/postgresql/17/main/pg_hba.conf'\'')).modification)")
  [ "$answer" = t ] && break
  sleep 0.1
done
[ "$answer" = t ] && [ "$(runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -c '\''select count(*) from pg_settings where pending_restart'\'')" = 0 ]'; then
  stage 'restart PostgreSQL for settings that need it' 'restart PostgreSQL for settings that need it'
  bash -c 'set -euo pipefail
systemctl restart postgresql@17-main.service && until runuser -u postgres -- pg_isready -q; do sleep 0.2; done'
fi

if ! bash -c '[ "$(runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 </etc/platform/postgresql/roles-current.sql)" = t ]'; then
  stage 'roles of PostgreSQL' 'roles of PostgreSQL'
  bash -c 'set -euo pipefail
runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -1 </etc/platform/postgresql/roles.sql'
fi

if ! bash -c '[ "$(runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 </etc/platform/postgresql/database-current.sql)" = t ]'; then
  stage 'database app' 'database app'
  bash -c 'set -euo pipefail
[ "$(runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -c "select count(*) from pg_database where datname = '\''app'\''")" = 1 ] || runuser -u postgres -- createdb --owner=app app
runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 </etc/platform/postgresql/database.sql'
fi

if ! bash -c '[ "$(curl -fsS -m 10 -K /etc/platform/elasticsearch/check.curl http://10.0.3.11:9200/_security/_authenticate 2>/dev/null | jq -c .roles)" = '\''["platform_app"]'\'' ] &&
[ "$(curl -fsS -m 10 -K /etc/platform/elasticsearch/admin.curl http://10.0.3.11:9200/_security/role/platform_app 2>/dev/null | jq -r .platform_app.metadata.revision)" = 293bacdd096e1333 ]'; then
  stage 'role and user of the application in Elasticsearch' 'role and user of the application in Elasticsearch'
  bash -c 'set -euo pipefail
curl -fsS -m 60 -K /etc/platform/elasticsearch/admin.curl -X PUT -H '\''Content-Type: application/json'\'' --data-binary @/etc/platform/elasticsearch/role.json http://10.0.3.11:9200/_security/role/platform_app >/dev/null
curl -fsS -m 60 -K /etc/platform/elasticsearch/admin.curl -X PUT -H '\''Content-Type: application/json'\'' --data-binary @/etc/platform/elasticsearch/user.json http://10.0.3.11:9200/_security/user/app >/dev/null'
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

stage 'check kernel settings for databases hold'
wait_until 1 'if ! { { [ "$(cat /proc/sys/vm/swappiness 2>/dev/null)" = 1 ] || { [ -e /proc/sys/vm/swappiness ] && [ ! -w /proc/sys/vm/swappiness ]; }; } &&
{ [ "$(cat /proc/sys/vm/overcommit_memory 2>/dev/null)" = 1 ] || { [ -e /proc/sys/vm/overcommit_memory ] && [ ! -w /proc/sys/vm/overcommit_memory ]; }; } &&
{ [ "$(cat /proc/sys/vm/dirty_background_bytes 2>/dev/null)" = 67108864 ] || { [ -e /proc/sys/vm/dirty_background_bytes ] && [ ! -w /proc/sys/vm/dirty_background_bytes ]; }; } &&
{ [ "$(cat /proc/sys/vm/dirty_bytes 2>/dev/null)" = 536870912 ] || { [ -e /proc/sys/vm/dirty_bytes ] && [ ! -w /proc/sys/vm/dirty_bytes ]; }; } &&
{ [ "$(cat /proc/sys/vm/max_map_count 2>/dev/null)" = 1048576 ] || { [ -e /proc/sys/vm/max_map_count ] && [ ! -w /proc/sys/vm/max_map_count ]; }; }; }; then
  sysctl --ignore vm.swappiness vm.overcommit_memory vm.dirty_background_bytes vm.dirty_bytes vm.max_map_count
  echo "these do not hold what /etc/sysctl.d/65-platform-database.conf says"
  exit 1
fi'

stage 'check PostgreSQL lets the application log in, write and read'
wait_until 60 'PGPASSFILE=/etc/platform/postgresql/check.pgpass psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U app -d app -c "begin; create table platform_check (n int); insert into platform_check values (1); select n from platform_check; rollback" | grep -qx 1'

stage 'check PostgreSQL keeps data checksums and needs no restart'
wait_until 60 'runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -c "select name, setting from pg_settings where (name = '\''data_checksums'\'' and setting <> '\''on'\'') or pending_restart" | { ! grep .; }'

stage 'check the cache lets the application write and read'
wait_until 60 '[ "$(set -a && . /etc/platform/cache-check.env && valkey-cli -h 10.0.3.11 -p 6379 --no-auth-warning --user app set platform:check 1 EX 60)" = OK ] && [ "$(set -a && . /etc/platform/cache-check.env && valkey-cli -h 10.0.3.11 -p 6379 --no-auth-warning --user app get platform:check)" = 1 ]'

stage 'check Elasticsearch lets the application index and find a document'
wait_until 90 'curl -fsS -m 20 -K /etc/platform/elasticsearch/check.curl -H '\''Content-Type: application/json'\'' -X PUT '\''http://10.0.3.11:9200/platform-check/_doc/1?refresh=true'\'' -d '\''{"text":"platform check"}'\'' >/dev/null &&
curl -fsS -m 20 -K /etc/platform/elasticsearch/check.curl -H '\''Content-Type: application/json'\'' '\''http://10.0.3.11:9200/platform-check/_search?q=text:check'\'' | jq -e '\''.hits.total.value == 1'\'' >/dev/null'

stage 'check PostgreSQL, cache and search answer'
wait_until 60 'platform-status --json | jq -e '\''.postgresql.running and .cache.running and .search.running'\'' >/dev/null || { platform-status; false; }'

stage end "set up"
stage end
