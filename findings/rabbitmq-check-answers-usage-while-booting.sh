#!/bin/bash
# RabbitMQ 4.0.5 (Debian 13): while the broker starts, its health check ends with the status of a wrong command line.
#
# `rabbitmq-diagnostics check_port_connectivity` ends with 69 (unavailable) while there is no node, and with 0 once it
# runs. In between, when the node answers but has not started its listeners, it prints its usage text and ends with 64
# (EX_USAGE), although the command line is the same and right:
#
#   before it runs: 64, the usage text
#   running: 0
#
# Who is hurt: a unit, a wait loop or a probe that goes on after "unavailable" and gives up at "wrong usage", as exit
# statuses of sysexits.h ask for, fails a broker that is starting well.
#
# Needs root and debootstrap; about three minutes. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,rabbitmq-server trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' rabbitmq-server | tee "$work/version"
grep -q '^rabbitmq-server 4\.0\.5-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up
mkdir -p /run/try && cd /run/try
hostname broker && echo "127.0.0.1 localhost broker" >/etc/hosts
export ERL_EPMD_ADDRESS=127.0.0.1
check() { timeout 60 runuser -u rabbitmq -- /usr/lib/rabbitmq/bin/rabbitmq-diagnostics check_port_connectivity >"said.$1" 2>&1; }
runuser -u rabbitmq -- /usr/lib/rabbitmq/bin/rabbitmq-server >server.log 2>&1 &
for n in $(seq 200); do
  status=0; check "$n" || status=$?
  [ "$status" != 64 ] || usage=$n
  [ "$status" != 0 ] || break
done
[ -z "${usage:-}" ] || echo "before it runs: 64, $(grep -q '^Usage' "said.$usage" && echo "the usage text" || head -n 3 "said.$usage")"
echo "running: $status"
END
unshare --net --mount --pid --uts --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
before it runs: 64, the usage text
running: 0
END
echo "as described"
