#!/bin/bash
# Caddy 2.6.2 (Debian 13): a GET whose connection to the backend breaks is done once for each idle connection.
#
# A proxy that is written in Go repeats an idempotent request when a kept connection ends before any byte of the
# answer, and takes the next kept connection for it. Where the request itself is what ends the connection (it kills one
# worker of many, and the backend goes on), each idle connection means one more time. No retry is configured:
#
#   no idle connection: the GET reached the backend 1 time, the POST 1 time
#   after 8 requests at once: the GET reached the backend 9 times, the POST 1 time
#
# Who is hurt: a request that costs the backend a worker costs it all of them. A load balancer in front that repeats a
# 502 doubles it. `keepalive off` or a small `keepalive_idle_conns_per_host` is the limit. Traefik 3.6.12 does the same.
#
# Needs root and debootstrap; a minute and a half. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=iproute2,curl,caddy,python3-minimal,libpython3-stdlib trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' caddy | tee "$work/version"
grep -q '^caddy 2\.6\.2-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/backend.py" <<'END'
import collections
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seen = collections.Counter()
together = threading.Barrier(8)


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/together":
            together.wait()
            self.answer("ok")
        elif self.path == "/count":
            self.answer(f"the GET reached the backend {seen['GET']} times, the POST {seen['POST']} times")
            seen.clear()
        else:
            self.broken()

    def do_POST(self):
        self.broken()

    def broken(self):
        seen[self.command] += 1
        self.close_connection = True

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", 8001), Backend).serve_forever()
END
cat >"$work/root/root/try" <<'END'
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
mkdir -p /run/try && cd /run/try
export HOME=/run/try
printf '{\n admin off\n auto_https off\n}\nhttp://:8000 {\n reverse_proxy 127.0.0.1:8001\n}\n' >Caddyfile
python3 /root/backend.py &
caddy run --config Caddyfile >caddy.log 2>&1 &
site=http://127.0.0.1:8000
for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:8001/count && curl -s -o /dev/null http://127.0.0.1:8000/x && break; sleep 0.1; done
count() { curl -s http://127.0.0.1:8001/count; }
both() { curl -s -o /dev/null "$site/$1"; curl -s -o /dev/null -d a=b "$site/$1"; }
both x && count >/dev/null
both first
echo "no idle connection: $(count)"
timeout 20 curl -s -Z --parallel-immediate --parallel-max 8 $(for _ in $(seq 8); do echo "-o /dev/null $site/together"; done)
both second
echo "after 8 requests at once: $(count)"
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
sed 's/\b1 times/1 time/g' "$work/seen" | diff - <(cat <<'END'
no idle connection: the GET reached the backend 1 time, the POST 1 time
after 8 requests at once: the GET reached the backend 9 times, the POST 1 time
END
)
echo "as described"
