import type { TierMachine } from "./certificate";
import { tierFiles } from "./paths";

/** A program that has read the certificate and must read it again. */
export interface TierProgram {
  /** `haproxy.service`. */
  readonly unit: string;
  /** Bash that makes the running program take it, without a lost request. @default - systemd reloads the unit */
  readonly take?: string;
}

/** Seconds for which a certificate of a machine is good; a third before the end it is renewed. */
export const usualLifeSeconds = 30 * 24 * 3600;

export const issuerKeyPath = "/etc/platform/secrets/tiers-issuer.key";
export const issuerPath = `${tierFiles.folder}/issuer.pem`;
export const leafPath = `${tierFiles.folder}/leaf.cnf`;

/** The fingerprint that the programs have taken; it outlives a boot, after which they have read the newest. */
const takenPath = "/var/lib/platform/tiers-taken";

/** What OpenSSL makes of a certificate of this machine. */
export function leafConfig({ hostname, role, privateIp }: TierMachine): string {
  return `[req]
distinguished_name = name
prompt = no
x509_extensions = leaf

[name]
CN = ${hostname}

[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:${hostname}, DNS:${role}, IP:${privateIp}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;
}

/**
 * Every run looks at what is there, so one that was cut off is made good by the next: what lies on the disk is whole at
 * any time, and whether the programs have taken it is remembered after they have.
 */
export function renewScript(
  { hostname }: TierMachine,
  programs: readonly TierProgram[],
  lifeSeconds = usualLifeSeconds,
): string {
  return `#!/bin/bash
# This machine's certificate for the other machines, made below its own issuer: when there is none, when less than a
# third of its life is left, or when the issuer is another. "issue": the programs are not told, as they start later.
set -euo pipefail
umask 077
readonly own=${tierFiles.own} issuer=${issuerPath} authority=${tierFiles.authority(hostname)} life=${lifeSeconds}
work=
candidate=
trap '[ -z "$work" ] || rm -rf "$work"; [ -z "$candidate" ] || rm -f "$candidate"' EXIT
say() { printf '<%s>%s\\n' "$1" "$2" >&2; }
exec 9>/run/platform-tiers.lock
flock -w 120 9

${judging}
${issuing}
take() {
  :
${programs.map(takeProgram).join("\n")}
}

if ! [ -s "$own" ] || ! is_sound "$own" || ! is_fresh; then issue; fi
[ "\${1-}" != issue ] || exit 0
fingerprint=$(openssl x509 -noout -fingerprint -sha256 -in "$own")
[ "$fingerprint" != "$(cat ${takenPath} 2>/dev/null)" ] || exit 0
take
printf '%s' "$fingerprint" >${takenPath}.new
mv ${takenPath}.new ${takenPath}
`;
}

const judging = `is_sound() {
  openssl verify -x509_strict -CAfile "$authority" -untrusted "$issuer" "$1" >/dev/null 2>&1 &&
    [[ $(<"$1") = *"$(<"$issuer")"* ]]
}

is_fresh() {
  local dates begin end now
  dates=$(openssl x509 -noout -dates -in "$own") || return 1
  begin=$(date -u -d "$(sed -n 's/^notBefore=//p' <<<"$dates")" +%s)
  end=$(date -u -d "$(sed -n 's/^notAfter=//p' <<<"$dates")" +%s)
  now=$(date +%s)
  # One that begins later was made while the clock was ahead.
  [ "$begin" -le "$now" ] && [ $(((end - now) * 3)) -ge $((end - begin)) ]
}
`;

const issuing = `stamp() { date -u -d "@$1" +%Y%m%d%H%M%SZ; }

issue() {
  local now
  now=$(date +%s)
  work=$(mktemp -d /run/platform-tiers.XXXXXXXX)
  # It begins five minutes ago, as clocks differ.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ${leafPath} \\
    -CA "$issuer" -CAkey ${issuerKeyPath} -keyout "$work/key" -out "$work/certificate" \\
    -not_before "$(stamp $((now - (life < 3000 ? life / 10 : 300))))" -not_after "$(stamp $((now + life)))" 2>"$work/said" ||
    { cat "$work/said" >&2; return 1; }
  candidate=$(mktemp "$own.XXXXXXXX")
  cat "$work/certificate" "$issuer" "$work/key" >"$candidate"
  is_sound "$candidate" || { say 3 "what was made is no certificate of this machine: the old one stays"; return 1; }
  sync "$candidate"
  mv "$candidate" "$own"
  candidate=
  say 5 "made a certificate that is good until $(date -u -d "@$((now + life))" +%FT%TZ)"
}
`;

/** One that does not run reads it when it starts. */
function takeProgram({ unit, take = `systemctl reload ${unit}` }: TierProgram): string {
  return `  if systemctl is-active --quiet ${unit}; then
    ${take.replaceAll("\n", "\n    ")}
  fi`;
}
