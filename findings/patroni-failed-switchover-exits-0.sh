#!/bin/bash
# Patroni 4.0.7 (Debian 13): a switchover that did not happen ends with exit status 0.
#
# `patronictl switchover --force` asks the REST API of the primary, prints its answer and ends with 0, whatever the
# answer was. Here the only replica is too far behind (its WAL receiver is stopped while 32 MB are written):
#
#   the replica lags: "Switchover failed, details: 503, ..." and exit status 0
#   no such candidate: "Error: ..." and exit status 1
#   the primary is the same as before
#
# Who is hurt: a script that does `patronictl switchover --force && reboot`, to take a primary out of service before
# its machine goes down, reboots the primary. What tells the truth is the list afterwards (`patronictl list -f json`).
#
# Needs root and debootstrap; about three minutes. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,procps,patroni,python3-etcd,etcd-server,postgresql-17 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' patroni | tee "$work/version"
grep -q '^patroni 4\.0\.7-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up
mkdir -p /run/try && cd /run/try && chown postgres: .
until_true() { for _ in $(seq 300); do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.2; done; echo "never: $*"; return 1; }

etcd --data-dir /run/try/etcd >etcd.log 2>&1 &
node() {
  cat >"$1.yml" <<CONF
scope: shop
name: $1
restapi: { listen: 127.0.0.1:$2, connect_address: 127.0.0.1:$2 }
etcd3: { hosts: 127.0.0.1:2379 }
bootstrap:
  dcs: { ttl: 20, loop_wait: 1, retry_timeout: 3 }
  initdb: [ encoding: UTF8, auth-local: trust, auth-host: trust ]
postgresql:
  listen: 127.0.0.1:$3
  connect_address: 127.0.0.1:$3
  data_dir: /run/try/$1
  bin_dir: /usr/lib/postgresql/17/bin
  pgpass: /run/try/$1.pgpass
  pg_hba: [ "local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust" ]
  authentication:
    superuser: { username: postgres }
    replication: { username: copier }
  parameters: { unix_socket_directories: /run/try }
CONF
  runuser -u postgres -- patroni "$1.yml" >"$1.log" 2>&1 &
}
answers() { bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && printf 'GET $2 HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"; }
control() { patronictl -c first.yml "$@"; }

until_true bash -c 'exec 3<>/dev/tcp/127.0.0.1/2379'
node first 8001 5501
until_true answers 8001 /primary
node second 8002 5502
until_true answers 8002 /replica
receiver() { pgrep -f 'postgres: shop: walreceiver'; }
until_true receiver
kill -STOP "$(receiver)"
ask() { runuser -u postgres -- psql -qAt -h /run/try -p 5501 -c "$1"; }
ask 'create table filler as select repeat(md5(n::text), 32) as text from generate_series(1, 32768) n'
sleep 4
status=0; control switchover shop --primary first --force >said 2>&1 || status=$?
echo "the replica lags: $(grep -o 'Switchover failed, details: [0-9]*' said || tail -n 1 said) and exit status $status"
status=0; control switchover shop --primary first --candidate third --force >said 2>&1 || status=$?
echo "no such candidate: $(grep -o '^Error' said || tail -n 1 said) and exit status $status"
until_true answers 8001 /primary
echo "the primary is the same as before"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
the replica lags: Switchover failed, details: 503 and exit status 0
no such candidate: Error and exit status 1
the primary is the same as before
END
echo "as described"
