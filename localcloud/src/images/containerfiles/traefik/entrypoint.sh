#!/bin/sh
set -e
case "${1:-}" in
-* | healthcheck | version) set -- traefik "$@" ;;
esac
exec "$@"
