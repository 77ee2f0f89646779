#!/bin/bash
# keepalived 2.3.3 (Debian 13): a vrrp_script that stands below the vrrp_instance that tracks it is left out.
#
# The order of blocks matters. With the script above, an instance whose check fails holds no address. With the same
# two blocks the other way round, keepalived logs one line ("track script down not found, ignoring..."), starts, and
# becomes master although its check fails:
#
#   above: keepalived -t answers 0, does not hold the address
#   below: keepalived -t answers 5, MASTER, holds the address while its check fails
#
# Who is hurt: whoever generates the file from parts, or takes exit status 5 of `keepalived -t` for "warnings only":
# a machine that cannot serve takes the visitors' address.
#
# Needs root and debootstrap; about a minute and a half. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=keepalived,iproute2 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' keepalived | tee "$work/version"
grep -q '^keepalived 1:2\.3\.3-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -uo pipefail
mount -t proc proc /proc
mkdir -p /run/try && cd /run/try
ip link set lo up
ip link add veth0 type veth peer name veth1
ip address add 10.9.0.1/24 dev veth0
ip link set veth0 up && ip link set veth1 up
printf '#!/bin/sh\nexit 1\n' >/usr/local/bin/down
chmod 0755 /usr/local/bin/down

globals='global_defs {
  enable_script_security
  script_user root
}'
script='vrrp_script down {
  script "/usr/local/bin/down"
  interval 1
  fall 1
}'
instance='vrrp_instance edge {
  state BACKUP
  interface veth0
  virtual_router_id 7
  priority 100
  advert_int 1
  unicast_src_ip 10.9.0.1
  unicast_peer {
    10.9.0.2
  }
  virtual_ipaddress {
    10.9.0.9/32 dev veth0
  }
  track_script {
    down
  }
}'
printf '%s\n' "$globals" "$script" "$instance" >above.conf
printf '%s\n' "$globals" "$instance" "$script" >below.conf
for order in above below; do
  keepalived -t -f "/run/try/$order.conf" >/dev/null 2>&1
  verdict=$?
  keepalived --dont-fork --log-console --use-file="/run/try/$order.conf" --pid=/run/try/pid --vrrp_pid=/run/try/vrrp >"$order.log" 2>&1 &
  sleep 8
  if ip -4 address show dev veth0 | grep -q 10.9.0.9; then holds="MASTER, holds the address while its check fails"
  else holds="does not hold the address"; fi
  echo "$order: keepalived -t answers $verdict, $holds"
  kill %1 && wait %1 2>/dev/null
done
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try | tee "$work/seen"
diff - "$work/seen" <<'END'
above: keepalived -t answers 0, does not hold the address
below: keepalived -t answers 5, MASTER, holds the address while its check fails
END
echo "as described"
