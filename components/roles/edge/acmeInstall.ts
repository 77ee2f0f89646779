import { issuedCertificatePath, ownCertificatePath } from "./edge";
import { adminSocket } from "./haproxyReload";
import { httpsPort } from "./role";
import type { EdgeEngine } from "./settings";

export const installPath = "/usr/local/lib/platform-edge/install-certificate";

/** The user of the certificate keeps what it has here. */
export const certificateFolder = "/var/lib/platform-certificate";

const edgeFolder = "/etc/platform/edge";

/** HAProxy reads here whether the authority has issued a certificate. */
export const issuedMap = `${edgeFolder}/issued.map`;

/** It exists when the authority has issued a certificate: nginx looks for it. */
export const issuedFlag = `${edgeFolder}/issued`;

/** By a handshake it was seen that the proxy serves the certificate with this fingerprint. */
const seenPath = "/run/platform-certificate-served";

/**
 * Runs as root, beside the user that speaks with the authority and the peer: what comes from there is read and judged,
 * never run. HAProxy takes the certificate through its socket, and from the disk at its next start or reload.
 */
export function installScript(engine: EdgeEngine, domain: string): string {
  return `#!/bin/bash
# Makes the proxy serve the certificate that certificate.py has. With "placeholder": sees to it that the proxy can start.
set -euo pipefail
umask 077
readonly served=${issuedCertificatePath} fresh=${certificateFolder}/site.pem
candidate=

${replacing}
${placeholderOf(domain)}
${judging(domain)}
${putIntoUse[engine]}

if [ "\${1-}" = placeholder ]; then
  placeholder
  exit
fi
[ -s "$fresh" ] || exit 0
if cmp -s "$fresh" "$served" && [ "$(cat ${seenPath} 2>/dev/null)" = "$(fingerprint <"$served")" ]; then exit 0; fi
candidate=$(mktemp "$served.XXXXXXXX")
cat "$fresh" >"$candidate"
fits "$candidate" || { say 3 "$fresh is no certificate with its key: the old one stays"; exit 1; }
wanted=$(fingerprint <"$candidate")
put_candidate
systemctl is-active --quiet ${engine}.service || exit 0
[ "$(handshake)" = "$wanted" ] || put_into_use
serves "$wanted" || { say 3 "${engine} does not serve the new certificate, which lies in $served"; exit 1; }
mark_issued ${issuedMap}
mark_issued ${issuedFlag}
announce_issued
printf '%s' "$wanted" >${seenPath}
say 5 "${engine} serves the certificate \${wanted#*=}"
`;
}

const replacing = String.raw`say() { printf '<%s>%s\n' "$1" "$2" >&2; }
cleanup() { [ -z "$candidate" ] || rm -f "$candidate"; }
trap cleanup EXIT

# What stands in the candidate is on the disk, and nowhere half.
put_candidate() {
  chmod 0600 "$candidate"
  sync "$candidate"
  mv "$candidate" "$served"
  candidate=
}

mark_issued() {
  printf 'https yes\n' >"$1.new"
  chmod 0644 "$1.new"
  mv "$1.new" "$1"
}

`.trimStart();

/** What the proxy starts with: the certificate that was brought along until now, or one that nobody believes. */
function placeholderOf(domain: string): string {
  return `placeholder() {
  install -d -m 0755 ${edgeFolder} "\${served%/*}"
  [ -e ${issuedMap} ] || { printf 'https no\\n' >${issuedMap} && chmod 0644 ${issuedMap}; }
  [ ! -s "$served" ] || return 0
  candidate=$(mktemp "$served.XXXXXXXX")
  if [ -s ${ownCertificatePath} ]; then
    # It was brought along and serves until the first one is issued.
    cat ${ownCertificatePath} >"$candidate"
    mark_issued ${issuedMap}
    mark_issued ${issuedFlag}
  else
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \\
      -subj "/CN=placeholder" -addext "subjectAltName=DNS:${domain}" -keyout - -out - >"$candidate" 2>/dev/null
  fi
  put_candidate
}

`;
}

/** By the certificate alone and by a handshake: what a proxy says of itself is no proof. */
function judging(domain: string): string {
  return `fits() {
  local key
  key=$(openssl pkey -in "$1" -pubout 2>/dev/null) && [ -n "$key" ] &&
    [ "$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null)" = "$key" ]
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }
handshake() { openssl s_client -connect 127.0.0.1:${httpsPort} -servername ${domain} </dev/null 2>/dev/null | fingerprint; }

serves() {
  for _ in {1..20}; do
    [ "$(handshake)" != "$1" ] || return 0
    sleep 0.5
  done
  return 1
}
`;
}

/** Without a lost connection: only what begins from now on gets the new one. */
const putIntoUse: Readonly<Record<EdgeEngine, string>> = {
  haproxy: `ask() { socat -t 5 - UNIX-CONNECT:${adminSocket}; }

put_into_use() {
  # An empty line ends what the socket reads.
  if { printf 'set ssl cert %s <<\\n' "$served" && grep -v '^[[:space:]]*$' "$served" && echo; } | ask >/dev/null &&
    ask <<<"commit ssl cert $served" | grep -q '^Success'; then return 0; fi
  say 4 "haproxy did not take the certificate while running: reloading it"
  ask <<<"abort ssl cert $served" >/dev/null || true
  systemctl reload haproxy.service
}

announce_issued() { ask <<<"set map ${issuedMap} https yes" >/dev/null; }`,
  nginx: `put_into_use() { systemctl reload nginx.service; }

announce_issued() { :; }`,
};
