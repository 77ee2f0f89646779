#!/bin/bash
# PgBouncer 1.24.1 (Debian 13): while PostgreSQL refuses connections at once, its clients are not refused; they wait.
#
# Nothing listens on the server's port, so every attempt of PgBouncer to connect fails within a millisecond. A client
# is not told: it stays in its login until `client_login_timeout` is over (60 s unless set; 6 s here):
#
#   psql to the closed port itself: refused at once
#   psql through PgBouncer: "client_login_timeout (server down)" after the whole time-out
#
# Who is hurt: during a failover of PostgreSQL applications hang in connect for a minute in place of trying again, and
# a health check through PgBouncer sees its own time-out and never the cause.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,pgbouncer,postgresql-client-17 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' pgbouncer | tee "$work/version"
grep -q '^pgbouncer 1\.24\.1-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
mkdir -p /run/try && cd /run/try && chown postgres: .
cat >pgbouncer.ini <<CONF
[databases]
shop = host=127.0.0.1 port=5501
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
unix_socket_dir =
auth_type = trust
auth_file = /run/try/users
client_login_timeout = 6
CONF
echo '"shop" ""' >users
runuser -u postgres -- pgbouncer pgbouncer.ini >pgbouncer.log 2>&1 &
for _ in $(seq 50); do (exec 3<>/dev/tcp/127.0.0.1/6432) 2>/dev/null && break; sleep 0.1; done
ask() {
  local from=$EPOCHSECONDS
  psql "host=127.0.0.1 port=$1 user=shop dbname=shop" -c 'select 1' >/dev/null 2>said && return 1
  took=$((EPOCHSECONDS - from))
}
ask 5501
echo "the server itself: $(grep -o 'Connection refused' said), $([ $took -le 1 ] && echo at once || echo after $took s)"
ask 6432
echo "through PgBouncer: $(grep -o 'client_login_timeout (server down)' said || tail -n 1 said), $([ $took -ge 5 ] && echo "after the whole time-out" || echo "after $took s")"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
the server itself: Connection refused, at once
through PgBouncer: client_login_timeout (server down), after the whole time-out
END
echo "as described"
