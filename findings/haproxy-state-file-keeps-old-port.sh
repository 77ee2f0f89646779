#!/bin/bash
# HAProxy 3.0.11 (Debian 13): the port in a server-state file beats the port in the configuration, silently.
#
# A configuration moves a server to another port (or to another address and port), HAProxy is reloaded with
# `load-server-state-from-file`. Expected: the configuration wins, as it does for the address. Seen: the new address
# is taken, the old port stays, nothing is logged, and `haproxy -c` is content:
#
#   configured 127.0.0.1:9002, used 127.0.0.1:9001
#   configured 127.0.0.2:9002, used 127.0.0.2:9001
#
# Who is hurt: a deployment that moves its backends to another port, with a state file that keeps drained servers
# drained over reloads: visitors go on reaching the old port, or nobody.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=haproxy,socat,iproute2 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' haproxy | tee "$work/version"
grep -q '^haproxy 3\.0\.11-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
ip link set lo up
mount -t proc proc /proc
mkdir -p /run/try && cd /run/try
configuration() {
  cat >haproxy.cfg <<CFG
global
  stats socket /run/try/admin.sock mode 600 level admin
  server-state-file /run/try/state
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  load-server-state-from-file global
frontend f
  bind 127.0.0.1:8000
  default_backend b
backend b
  server s1 $1
CFG
  haproxy -c -q -f haproxy.cfg
}
start() {
  haproxy -D -f haproxy.cfg -p /run/try/pid
  until echo "show info" | socat - UNIX-CONNECT:/run/try/admin.sock >/dev/null 2>&1; do sleep 0.1; done
}
stop() {
  kill "$(cat pid)"
  while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.1; done
}
used() { echo "show servers conn b" | socat - UNIX-CONNECT:/run/try/admin.sock | awk '$1 == "b/s1" { print $3 ":" $4 }'; }
configuration 127.0.0.1:9001
start
echo "show servers state" | socat - UNIX-CONNECT:/run/try/admin.sock >state
stop
for wanted in 127.0.0.1:9002 127.0.0.2:9002; do
  configuration "$wanted"
  start
  echo "configured $wanted, used $(used)"
  stop
done
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try | tee "$work/seen"
diff - "$work/seen" <<'END'
configured 127.0.0.1:9002, used 127.0.0.1:9001
configured 127.0.0.2:9002, used 127.0.0.2:9001
END
echo "as described"
