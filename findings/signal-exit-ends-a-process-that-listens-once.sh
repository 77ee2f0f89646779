#!/usr/bin/env bash
# signal-exit 4.1.0 ends a process whose handler of a signal was registered by `process.once`, before what the handler has
# begun is done. execa 8 brings signal-exit for as long as it runs another program.
#
# Node takes a listener of `once` away before it calls it. signal-exit's listener comes next, counts the listeners that
# are left, finds its own alone, and sends the signal again, which now nobody holds up. With `process.on` the handler
# finishes. Whoever registers after the first program was started is called last and sees nothing of it, so the order
# of two lines decides. No message tells of it: a clean-up on Ctrl-C is cut off, and looks as if it had run.
#
# Seen 2026-11-30, Node 24, execa 8.0.1, signal-exit 4.1.0:
#   once: handler, exit code 143
#   on: handler, cleaned up, exit code 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund execa@8.0.1 signal-exit@4.1.0 >/dev/null
cat >handler.mjs <<'JS'
import { execa } from "execa";
process[process.argv[2]]("SIGTERM", () => {
  console.log("handler");
  setTimeout(() => { console.log("cleaned up"); process.exit(0); }, 500);
});
execa("sleep", ["20"]).catch(() => {});
setTimeout(() => process.kill(process.pid, "SIGTERM"), 300);
JS
seen() {
  local code=0 said
  said=$(node handler.mjs "$1") || code=$?
  echo "$1: ${said//$'\n'/, }, exit code $code"
}
found=$(seen once; seen on)
echo "$found"
[ "$found" = 'once: handler, exit code 143
on: handler, cleaned up, exit code 0' ]
