#!/bin/bash
# iproute2 6.15.0 (Debian 13): `ip address show proto N` shows addresses that have no protocol as well.
#
# Who adds addresses can mark them as its own (`ip address add ... proto 51`), so that it can find them again. Expected:
# `show proto 51` and `flush proto 51` mean these. Seen: all that have no protocol are among them, which is what an
# administrator and most programs have added:
#
#   2001:db8::1/128 of somebody else
#   2001:db8::2/128 with proto 51
#   after flush proto 51: none
#
# Who is hurt: a unit that cleans up after itself with `ip address flush dev eth0 proto N` takes the machine off the net.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' iproute2 | tee "$work/version"
grep -q '^iproute2 6\.15\.0-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
ip link add dummy type veth peer name other
ip link set dummy up
ip -6 address add 2001:db8::1/128 dev dummy nodad
ip -6 address add 2001:db8::2/128 dev dummy nodad proto 51
shown() { ip -o -6 address show dev dummy scope global "$@" | sed 's/ \+/ /g' | cut -d' ' -f4 | sort | xargs; }
echo "proto 51: $(shown proto 51)"
echo "proto 52: $(shown proto 52)"
ip -6 address flush dev dummy scope global proto 51
echo "after flush proto 51: $(shown)"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try | tee "$work/seen"
diff - "$work/seen" <<'END'
proto 51: 2001:db8::1/128 2001:db8::2/128
proto 52: 2001:db8::1/128
after flush proto 51: 
END
echo "as described"
