#!/bin/bash
# HAProxy 3.0.11 (Debian 13): an IPv4 range in an ACL matches addresses of IPv6 in which an address of the range stands.
#
# `acl trusted src 192.0.2.0/28` on a frontend that is bound over IPv6 too. Expected: visitors of IPv6 never match.
# Seen: those of 6to4 (2002:WWXX:YYZZ::/48) and of ::/96 do, each by the IPv4 address that is written into theirs:
#
#   2002:c000:201::5 is trusted
#   ::192.0.2.1 is trusted
#   2001:db8:8::1 is a stranger
#
# As IPv4-mapped ranges (::ffff:192.0.2.0/124) they match IPv4 alone, and IPv4 they do match.
#
# Who is hurt: whoever adds a bind of IPv6 and keeps his list of trusted networks (a CDN's, an office's): a network that
# routes 2002::/16 as it likes can be any of them.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=haproxy,curl,iproute2 trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' haproxy | tee "$work/version"
grep -q '^haproxy 3\.0\.11-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/try" <<'END'
set -euo pipefail
ip link set lo up
mount -t proc proc /proc
mkdir -p /run/try && cd /run/try
clients=(2002:c000:201::5 ::192.0.2.1 2001:db8:8::1)
for client in "${clients[@]}"; do ip -6 address add "$client/128" dev lo nodad; done
ip address add 192.0.2.1/32 dev lo
for range in 192.0.2.0/28 ::ffff:192.0.2.0/124; do
  cat >haproxy.cfg <<CFG
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend f
  bind 127.0.0.1:8000
  bind [::1]:8000 v6only
  acl trusted src $range
  http-request return status 200 content-type text/plain lf-string "%[src] is trusted\n" if trusted
  http-request return status 200 content-type text/plain lf-string "%[src] is a stranger\n"
CFG
  haproxy -D -f haproxy.cfg -p /run/try/pid
  echo "$range"
  for client in "${clients[@]}"; do curl -s -g --interface "$client" 'http://[::1]:8000/'; done
  curl -s --interface 192.0.2.1 http://127.0.0.1:8000/
  kill "$(cat pid)"
  while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.1; done
done
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try | tee "$work/seen"
diff - "$work/seen" <<'END'
192.0.2.0/28
2002:c000:201::5 is trusted
::192.0.2.1 is trusted
2001:db8:8::1 is a stranger
192.0.2.1 is trusted
::ffff:192.0.2.0/124
2002:c000:201::5 is a stranger
::192.0.2.1 is a stranger
2001:db8:8::1 is a stranger
192.0.2.1 is trusted
END
echo "as described"
