import { type CompleteSetup, completeSetup } from "./types";

const path = "/usr/local/sbin/platform-image-prune";

/**
 * Removes the images of past releases, when the units of this one serve. What a unit file names stays, running or not,
 * and what a container was made from. A release that comes back is pulled again.
 */
export const imagePruneSetup: CompleteSetup = completeSetup({
  files: [{ path, content: script(), mode: "0755" }],
  steps: [
    {
      name: "images that nothing needs any more",
      stage: "afterUnits",
      unless: `[ -z "$(${path} --list)" ]`,
      run: path,
    },
  ],
});

function script(): string {
  return `#!/bin/bash
# Removes the container images that no unit names and no container uses; --list only prints them.
set -euo pipefail
case "\${1:-}" in
  "" | --list) ;;
  *) echo "usage: platform-image-prune [--list]" >&2; exit 64 ;;
esac

# By digest, which stays the same however an image is called, or by tag.
is_named() {
  local name
  while read -r name; do
    [ -n "$name" ] || continue
    if grep -rqF --include='*.service' -- "\${name#*@}" /etc/systemd/system; then return 0; fi
  done < <(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}{{range .RepoTags}}{{println .}}{{end}}' "$1")
  return 1
}

mapfile -t containers < <(docker ps --all --quiet)
used=''
[ "\${#containers[@]}" -eq 0 ] || used=$(docker inspect --type container --format '{{.Image}}' "\${containers[@]}")
mapfile -t images < <(docker image ls --quiet --no-trunc | sort -u)
for id in "\${images[@]}"; do
  if grep -qxF -- "$id" <<<"$used" || is_named "$id"; then continue; fi
  echo "$id $(docker image inspect --format '{{join .RepoTags " "}} {{join .RepoDigests " "}}' "$id")"
  [ -z "\${1:-}" ] || continue
  # An image that cannot be removed now is no reason to fail: the next time.
  docker image rm --force "$id" >/dev/null || true
done
`;
}
