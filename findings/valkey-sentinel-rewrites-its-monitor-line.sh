#!/bin/bash
# Valkey Sentinel 8.1.1 (Debian 13): the configuration file is Sentinel's own memory, and a managed copy brings the
# dead primary back.
#
# After a failover Sentinel rewrites `sentinel monitor` in the file that it was started with. Whoever keeps that file
# under configuration management writes the first version back. Sentinel then takes the old address for the primary
# and does not find the one that it promoted itself:
#
#   started with 7201, after the failover the file says 7202
#   with the managed file again: sentinel answers 7201 (dead), while 7202 is primary
#
# Who is hurt: clients that ask Sentinel are sent to a dead server until somebody acts. Seen for 8 s here, with
# failures after 1 s and a failover time-out of 5 s. A set-up that writes the file only when it is missing is safe.
#
# Needs root and debootstrap; about a minute and a half. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,valkey-sentinel,valkey-server,valkey-tools trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' valkey-sentinel | tee "$work/version"
grep -q '^valkey-sentinel 8\.1\.1' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
mkdir -p /run/try && cd /run/try
until_true() { for _ in $(seq 150); do if "$@"; then return; fi; sleep 0.2; done; echo "never: $*"; return 1; }
ask() { valkey-cli -p "$@" 2>/dev/null; }
linked() { ask 7202 info replication | grep -q master_link_status:up; }
known() { ask 7300 sentinel replicas main | grep -q 7202; }
moved() { [ "$(ask 7300 sentinel get-master-addr-by-name main | tail -n 1)" = 7202 ] && ask 7202 role | grep -q master; }
written() { grep -q 'sentinel monitor main 127.0.0.1 7202' sentinel.conf; }

valkey-server --port 7201 --daemonize yes --dir /run/try --dbfilename first.rdb --pidfile /run/try/first.pid >/dev/null
valkey-server --port 7202 --daemonize yes --dir /run/try --dbfilename second.rdb --replicaof 127.0.0.1 7201 >/dev/null
until_true linked
cat >managed.conf <<CONF
port 7300
sentinel monitor main 127.0.0.1 7201 1
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 5000
CONF
cp managed.conf sentinel.conf
valkey-sentinel /run/try/sentinel.conf --daemonize yes >/dev/null
until_true known
kill -9 "$(cat first.pid)"
until_true moved
until_true written
echo "started with 7201, after the failover the file says 7202"
ask 7300 shutdown || true
sleep 1
cp managed.conf sentinel.conf
valkey-sentinel /run/try/sentinel.conf --daemonize yes >/dev/null
sleep 8
echo "with the managed file again: sentinel answers $(ask 7300 sentinel get-master-addr-by-name main | tail -n 1) (dead), while 7202 is $(ask 7202 role | head -n 1 | sed 's/master/primary/')"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
started with 7201, after the failover the file says 7202
with the managed file again: sentinel answers 7201 (dead), while 7202 is primary
END
echo "as described"
