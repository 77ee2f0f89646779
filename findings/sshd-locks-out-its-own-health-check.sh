#!/bin/bash
# OpenSSH 10.0p1 (Debian 13): a TCP health check of port 22 locks its own address out.
#
# Since 9.8 sshd gives penalties per source address (`PerSourcePenalties`): a connection that ends without a login
# costs a second, and from 15 s on the address is refused. A load balancer or a monitor that opens and closes the port
# twice a second earns them faster than they pass. After 20 s of such a check from one address:
#
#   ssh-keyscan from the address of the check: nothing
#   ssh-keyscan from another address: the host keys
#   with PerSourcePenaltyExemptList for the address of the check: the host keys
#
# Who is hurt: whoever deploys from the machine that also watches, or behind one NAT address with it: "Connection
# reset" or no banner at all, for as long as the watching goes on; and the check itself is red for a well machine.
#
# Needs root and debootstrap; about a minute and a half. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,openssh-server,openssh-client trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' openssh-server | tee "$work/version"
grep -q '^openssh-server 1:10\.0p1-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
mkdir -p /run/sshd /run/try && cd /run/try
ip link set lo up
unshare --net sleep 600 &
watcher=$!
until [ "$(readlink /proc/$watcher/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
inside() { nsenter --net="/proc/$watcher/ns/net" "$@"; }
ip link add server type veth peer name client netns "$watcher"
ip address add 10.9.0.1/24 dev server && ip link set server up
inside ip address add 10.9.0.2/24 dev client
inside ip address add 10.9.0.3/24 dev client
inside ip link set client up
inside ip route add 10.9.0.1/32 dev client src 10.9.0.2
keys() { inside ssh-keyscan -T 5 10.9.0.1 2>/dev/null | grep -q ssh-ed25519 && echo "the host keys" || echo nothing; }
from() { inside ip route replace 10.9.0.1/32 dev client src "$1"; }
watch() {
  /usr/sbin/sshd -D "$@" 2>sshd.log &
  daemon=$!
  sleep 1
  inside timeout 60 bash -c 'for _ in $(seq 40); do (exec 3<>/dev/tcp/10.9.0.1/22) 2>/dev/null; sleep 0.5; done'
}
watch
echo "from the address of the check: $(keys)"
from 10.9.0.3
echo "from another address: $(keys)"
from 10.9.0.2
kill "$daemon" && wait "$daemon" 2>/dev/null || true
watch -o PerSourcePenaltyExemptList=10.9.0.2
echo "the check's address exempt: $(keys)"
kill "$daemon" "$watcher"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
from the address of the check: nothing
from another address: the host keys
the check's address exempt: the host keys
END
echo "as described"
