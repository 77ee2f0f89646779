import type { SetupFile } from "../../setup/types";
import { cacheFolder, generationPath } from "./keeping";

const purgePath = "/usr/local/sbin/platform-purge";

/** Also what `platform-purge` takes. */
export function isReleaseName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,128}$/.test(name);
}

/** Forgets what is kept, unless it was done for this release already. */
export function purgeCommand(release: string): string {
  return `${purgePath} --release ${release}`;
}

function purgeScript(): string {
  return `#!/bin/bash
# Forgets answers that nginx keeps on this machine.
set -euo pipefail
export LC_ALL=C.UTF-8
usage="usage: platform-purge URL...           forgets these: https://www.example.com/page?q=1
       platform-purge --prefix URL    forgets all that begin with it
       platform-purge --all           forgets everything
       platform-purge --release NAME  the same, unless it was done for this release already"
folder=${cacheFolder}
generation=${generationPath}

die() { echo "platform-purge: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "only root can"

# A reload that fails leaves the old generation in place.
begin() {
  local before
  before=$(cat "$generation" 2>/dev/null || true)
  [ "$before" != "\\"\\" \\"$1\\";" ] || { echo "was done for $1"; return; }
  mkdir -p "$(dirname "$generation")"
  # Not called as what nginx includes, until it is whole.
  printf '"" "%s";\\n' "$1" >"$(dirname "$generation")/.new"
  mv -f "$(dirname "$generation")/.new" "$generation"
  if ! systemctl is-active --quiet nginx.service; then return; fi
  systemctl reload nginx.service || { printf '%s\\n' "$before" >"$generation"; die "nginx does not reload: see journalctl -u nginx"; }
  echo "everything is forgotten"
}

# Each file says its key in its first lines; the same text further below only makes that one asked for again.
forget() {
  local count
  count=$( { grep -rlaF -m1 -Z -- "KEY: $1" "$folder" 2>/dev/null || true; } | tee >(xargs -0 -r rm -f --) | tr -cd '\\0' | wc -c)
  echo "$count forgotten of $1"
}

is_url() { [[ "$1" =~ ^https?://[^[:space:]/]+/[^[:space:]]*$ ]] || die "not a URL with its path: $1"; }

${purgeArguments}`;
}

const purgeArguments = `case "\${1:-}" in
  --all)
    [ $# = 1 ] || { echo "$usage" >&2; exit 64; }
    begin "all-$(date +%s%N)"
    ;;
  --release)
    [[ $# = 2 && "$2" =~ ^[A-Za-z0-9._-]{1,128}$ ]] || { echo "$usage" >&2; exit 64; }
    begin "$2"
    ;;
  --prefix)
    [ $# = 2 ] || { echo "$usage" >&2; exit 64; }
    is_url "$2"
    forget "$2"
    ;;
  http*)
    for url in "$@"; do is_url "$url"; done
    # Behind the address comes the generation.
    for url in "$@"; do forget "$url "; done
    ;;
  *) echo "$usage" >&2; exit 64 ;;
esac
`;

/**
 * `platform-purge`: forgets kept answers, one, those that begin alike, or all.
 *
 * All of them are forgotten by another generation, which is part of every key: what is being written at that moment
 * belongs to the old one, so that no page of before comes back. The files go as they are found old.
 */
export const purgeFile: SetupFile = { path: purgePath, content: purgeScript(), mode: "0755" };
