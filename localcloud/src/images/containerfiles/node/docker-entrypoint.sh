#!/bin/sh
set -e
# Options and scripts are for node; what is a command stays one.
case "$1" in
-*) set -- node "$@" ;;
*) if ! command -v -- "$1" >/dev/null 2>&1 || { [ -f "$1" ] && [ ! -x "$1" ]; }; then set -- node "$@"; fi ;;
esac
exec "$@"
