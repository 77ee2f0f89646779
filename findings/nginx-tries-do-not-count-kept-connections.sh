#!/bin/bash
# nginx 1.26.3 (Debian 13): a request that fails on a kept upstream connection does not count against
# proxy_next_upstream_tries.
#
# An upstream with `keepalive` and `proxy_next_upstream_tries 2`: one expects a GET to be executed twice at the most.
# A GET that makes its server reset the connection is executed once on every connection that was kept from before, and
# the limit holds only for what comes after:
#
#   1 kept connection: executed 2 times
#   6 kept connections: executed 7 times
#
# (the last one on a new connection; after it the only server of the group has failed).
#
# Who is hurt: an expensive or half-broken request runs as often as the load balancer has idle connections, which is
# most often when the application is busy. `proxy_next_upstream_timeout` bounds it by time; without `keepalive`, or
# with `proxy_next_upstream off` for such locations, it runs once.
#
# Needs root and debootstrap; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=curl,iproute2,nginx-light,python3-minimal trixie "$work/root" >/dev/null
chroot "$work/root" dpkg-query --show --showformat='${Package} ${Version}\n' nginx | tee "$work/version"
grep -q '^nginx 1\.26\.3-' "$work/version" || { echo "another version: look again"; exit 1; }

cat >"$work/root/root/server.py" <<'END'
# Answers /wait after a while and keeps the connection; /reset is counted, and its connection reset.
import socket, struct, threading, time

executions = 0

def serve(connection):
    global executions
    while True:
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(4096)
            if not part:
                return connection.close()
            request += part
        path = request.split()[1]
        body = b"ok"
        if path == b"/reset":
            executions += 1
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return connection.close()
        if path == b"/wait":
            time.sleep(1)
        if path == b"/count":
            body = b"%d" % executions
            executions = 0
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

listener = socket.create_server(("127.0.0.1", 9000), backlog=64)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
cat >"$work/root/root/nginx.conf" <<'END'
worker_processes 1;
error_log /dev/null;
events {}
http {
  access_log off;
  upstream app {
    server 127.0.0.1:9000 max_fails=0;
    keepalive 32;
  }
  server {
    listen 127.0.0.1:8000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 2;
    location / {
      proxy_pass http://app;
    }
  }
}
END
cat >"$work/root/root/try" <<'END'
set -euo pipefail
ip link set lo up
mount -t proc proc /proc
for count in 1 6; do
  python3 /root/server.py &
  until curl -s -o /dev/null http://127.0.0.1:9000/; do sleep 0.1; done
  nginx -c /root/nginx.conf
  until curl -s -o /dev/null http://127.0.0.1:8000/wait; do sleep 0.1; done
  # As many requests at once as connections are to be kept; the one above is among them.
  for _ in $(seq "$count"); do curl -s -o /dev/null http://127.0.0.1:8000/wait & done
  wait $(jobs -p | tail -n +2)
  curl -s -o /dev/null http://127.0.0.1:8000/reset
  s=s; [ "$count" -gt 1 ] || s=
  echo "$count kept connection$s: executed $(curl -s http://127.0.0.1:9000/count) times"
  nginx -c /root/nginx.conf -s stop
  kill %1
  wait %1 2>/dev/null || true
done
END
unshare --net --mount --pid --fork --kill-child chroot "$work/root" /bin/bash /root/try </dev/null | tee "$work/seen"
diff - "$work/seen" <<'END'
1 kept connection: executed 2 times
6 kept connections: executed 7 times
END
echo "as described"
