#!/bin/bash
# systemd 257 (Debian 13): a socket unit whose file goes and comes back is active, and listens to nothing.
#
# A unit with `ListenFIFO=` runs; its file is removed, `daemon-reload`; the same file is written again, `daemon-reload`.
# So it happens when a configuration tool swaps one program for another and back, or purges and installs a package.
#
#                                     before    file gone    file back    after restart
#   systemctl is-active               active    active       active       active
#   files that PID 1 has open on it   1         0            0            1
#
# `systemctl start` does nothing, for it is active, and so `Wants=` and `Requires=` of others are satisfied. The journal
# says it once: "Socket unit configuration has changed while unit has been running, no open socket file descriptor left."
#
# Who is hurt: whoever writes into that pipe: nobody reads, and a service with `StandardOutput=file:` on it waits in its
# start until that times out. Long after the change that did it, when the reader of before has ended.
# What helps: never to remove the file while the machine may need the socket again, or to restart the socket unit, of
# which neither `is-active` nor `is-failed` says that it is needed (components/roles/edge/nginx.ts).
#
# Needs root, debootstrap and systemd-container; about two minutes. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
debootstrap --variant=minbase --include=systemd,systemd-sysv trixie "$root" >/dev/null
chroot "$root" dpkg-query --show --showformat='${Package} ${Version}\n' systemd | tee "$work/version"
grep -q '^systemd 257\.' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$root/root/try" <<'END'
set -euo pipefail
unit=/etc/systemd/system/lines.socket
file_there() { printf '[Socket]\nListenFIFO=/run/lines\n' >"$unit"; }
printf '[Service]\nExecStart=/bin/cat\nStandardInput=socket\n' >/etc/systemd/system/lines.service
say() {
  local open=0 name
  for name in /proc/1/fd/*; do [ "$(readlink "$name")" != /run/lines ] || open=$((open + 1)); done
  echo "$1: $(systemctl is-active lines.socket), $open open"
}
file_there
systemctl daemon-reload
systemctl start lines.socket
say before
rm "$unit"
systemctl daemon-reload
say "file gone"
file_there
systemctl daemon-reload
systemctl start lines.socket
say "file back"
systemctl restart lines.socket
say "after restart"
END
cat >"$root/etc/systemd/system/try.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/bin/bash /root/try >/root/seen'
ExecStopPost=/bin/touch /root/done
END
mkdir -p "$root/etc/systemd/system/default.target.wants"
ln -s ../try.service "$root/etc/systemd/system/default.target.wants/try.service"
# Whoever ends the shell ends the machine with it.
unshare --mount --pid --fork --kill-child --mount-proc systemd-nspawn --quiet --directory "$root" --boot \
  --register=no --keep-unit --private-network --link-journal=no --resolv-conf=off --timezone=off --console=pipe \
  </dev/null >"$work/console" 2>&1 &
machine=$!
for _ in {1..600}; do [ ! -e "$root/root/done" ] || break; sleep 0.5; done
kill -KILL "$machine" && wait "$machine" 2>/dev/null || true
diff - "$root/root/seen" <<'END'
before: active, 1 open
file gone: active, 0 open
file back: active, 0 open
after restart: active, 1 open
END
cat "$root/root/seen"
echo "as described"
