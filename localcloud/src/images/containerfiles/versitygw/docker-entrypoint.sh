#!/bin/sh
set -e
[ "$#" -eq 0 ] || exec versitygw "$@"
if [ -z "${VGW_BACKEND:-}" ]; then
  echo "give a command such as 'posix /data', or set VGW_BACKEND" >&2
  exit 1
fi
# Word splitting is meant: these variables hold command lines.
# shellcheck disable=SC2086
exec versitygw ${VGW_ARGS:-} "$VGW_BACKEND" ${VGW_BACKEND_ARG:+"$VGW_BACKEND_ARG"} ${VGW_BACKEND_ARGS:-}
