#!/bin/bash
# certbot 4.0.0 and Pebble 2.10.1: when the ACME server no longer knows the account, no command of certbot gets a
# new one.
#
# An ACME server may lose accounts: one for tests that starts anew, a private authority after a restore, an account
# that somebody deactivated. certbot keeps using the key that it has:
#
#   renew, twice:   rc 1, accountDoesNotExist
#   register:       rc 1, "There is an existing account"
#   unregister:     rc 1, "unable to find existing account", and the files stay
#   renew after the accounts folder is removed by hand: rc 1, it asks for the terms of service again
#   certonly with --agree-tos after it: rc 0
#
# Who is hurt: the timer of a machine fails twice a day until the certificate has ended, and what looks like the way out
# (`unregister`, then `register`) is refused by both sides. Whoever runs certbot unattended must look for that answer,
# put the folder aside and ask with `certonly`.
#
# Needs Go and Python 3 with venv; two minutes. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check certbot==4.0.0 acme==4.0.0
GOBIN=$work go install github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat >"$work/pebble.json" <<END
{"pebble": {
  "listenAddress": "127.0.0.1:14400", "managementListenAddress": "127.0.0.1:15400",
  "certificate": "$work/cert.pem", "privateKey": "$work/key.pem",
  "httpPort": 5002, "tlsPort": 5001, "ocspResponderURL": "", "externalAccountBindingRequired": false,
  "profiles": {"default": {"description": "plain", "validityPeriod": 7776000}}
}}
END

start_server() {
  PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 "$work/pebble" -config "$work/pebble.json" >>"$work/pebble.log" 2>&1 &
  server=$!
  for _ in {1..100}; do
    curl -s --cacert "$work/cert.pem" -o /dev/null https://localhost:14400/dir && return
    sleep 0.1
  done
  echo "Pebble does not start"
  exit 2
}

certbot() {
  local rc=0
  REQUESTS_CA_BUNDLE=$work/cert.pem timeout 60 "$work/venv/bin/certbot" "$@" --non-interactive --server https://localhost:14400/dir \
    --config-dir "$work/config" --work-dir "$work/work" --logs-dir "$work/logs" >"$work/said" 2>&1 || rc=$?
  echo "$rc"
}
ask=(certonly --agree-tos --register-unsafely-without-email --manual --preferred-challenges http --manual-auth-hook /bin/true -d www.example.com)

expect() {
  local what=$1 rc=$2 text=$3 got=$4
  printf '%s: rc %s, %s\n' "$what" "$got" "$(grep -ioE "$text" "$work/said" | head -n 1 || true)"
  if [ "$got" = "$rc" ] && grep -qiE "$text" "$work/said"; then return; fi
  cat "$work/said"
  echo "another behaviour: look again"
  exit 1
}

start_server
expect "first certificate" 0 'Successfully received certificate' "$(certbot "${ask[@]}")"
kill "$server"
wait "$server" 2>/dev/null || true
start_server

lost='accountDoesNotExist|account[^.]* (not found|does not exist)|unable to find existing account'
for n in 1 2; do expect "renew $n" 1 "$lost" "$(certbot renew --force-renewal --no-random-sleep-on-renew)"; done
expect register 1 'There is an existing account' "$(certbot register --agree-tos --register-unsafely-without-email)"
expect unregister 1 "$lost" "$(certbot unregister)"
[ "$(find "$work/config/accounts" -name private_key.json | wc -l)" = 1 ] || { echo "the account's files went: look again"; exit 1; }
rm -r "$work/config/accounts"
expect "renew without the folder" 1 'You must agree' "$(certbot renew --force-renewal --no-random-sleep-on-renew)"
expect "certonly without the folder" 0 'Successfully received certificate' "$(certbot "${ask[@]}" --force-renewal)"
