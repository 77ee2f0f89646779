#!/bin/bash
# Starts Elasticsearch from environment variables: `cluster.name=a` and `ES_SETTING_CLUSTER_NAME=a` become
# settings, ELASTIC_PASSWORD or ELASTIC_PASSWORD_FILE the first password of the user `elastic`.
set -euo pipefail
umask 0002
home=/usr/share/elasticsearch

if [[ "$(id -u)" == 0 ]]; then
  if [[ -n "${TAKE_FILE_OWNERSHIP:-}" ]]; then chown -R 1000:0 "$home"/{data,logs}; fi
  exec setpriv --reuid=1000 --regid=0 --clear-groups "$0" "$@"
fi
if [[ "${1:-eswrapper}" != eswrapper ]]; then exec "$@"; fi

# What the server's own helper does: reads ELASTIC_PASSWORD_FILE, which must be 0400 or 0600.
set +u
source "$home/bin/elasticsearch-env-from-file"
set -u

set_password() {
  [[ -n "${ELASTIC_PASSWORD:-}" ]] || return 0
  # Each use of the tool starts a JVM: a fresh container, which has no keystore, needs only one.
  if [[ ! -f config/elasticsearch.keystore ]] || ! elasticsearch-keystore list | grep -qx bootstrap.password; then
    elasticsearch-keystore add --stdin --force bootstrap.password <<<"$ELASTIC_PASSWORD" >/dev/null
  fi
}

cd "$home"
set_password
unset ELASTIC_PASSWORD

options=()
while IFS= read -r -d '' variable; do
  key="${variable%%=*}" value="${variable#*=}"
  if [[ "$key" == ES_SETTING_* ]]; then
    # Two underscores stand for one, one for a dot.
    key="${key#ES_SETTING_}"
    key="${key,,}"
    key="${key//__/-}"
    key="${key//_/.}"
    key="${key//-/_}"
  elif [[ ! "$key" =~ ^[a-z0-9_]+\.[a-z0-9_]+ ]]; then
    continue
  fi
  [[ -z "$value" ]] || options+=("-E$key=$value")
done < <(env --null)

exec "$home/bin/elasticsearch" "${options[@]}"
