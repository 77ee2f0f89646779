#!/bin/bash
# Alertmanager 0.28.1 (Debian 13): `amtool check-config` says SUCCESS to what can tell nobody anything.
#
# Two valid-looking files pass with exit status 0: a receiver without any integration, and a receiver whose text calls
# a function that no template has. The first drops every alert by design; the second fails only when an alert fires:
#
#   receiver without integration: SUCCESS, rc 0
#   text with an undefined function: SUCCESS, rc 0
#
# Who is hurt: a deployment whose gate is check-config. The gate is green, and the first alert that matters is lost.
# What helps: send one test alert through every receiver after each change.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=prometheus-alertmanager trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' prometheus-alertmanager | tee "$work/version"
grep -q '^prometheus-alertmanager 0\.28\.1' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/silent.yml" <<'END'
route:
  receiver: nobody
receivers:
  - name: nobody
END
cat >"$work/root/root/undefined.yml" <<'END'
route:
  receiver: mail
receivers:
  - name: mail
    email_configs:
      - to: on-duty@example.com
        from: alerts@example.com
        smarthost: localhost:25
        headers:
          subject: '{{ shout .CommonLabels.alertname }}'
END
verdict() {
  local output status=0
  output=$(chroot "$work/root" amtool check-config "/root/$2" 2>&1) || status=$?
  echo "$1: $(grep -o 'SUCCESS\|FAILED' <<<"$output" | head -n 1), rc $status"
}
{
  verdict "receiver without integration" silent.yml
  verdict "text with an undefined function" undefined.yml
} | tee "$work/seen"
diff - "$work/seen" <<'END'
receiver without integration: SUCCESS, rc 0
text with an undefined function: SUCCESS, rc 0
END
echo "as described"
