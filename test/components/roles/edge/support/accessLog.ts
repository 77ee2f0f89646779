import { ending } from "./standIns";

/**
 * A visitor, the real load balancer, the real Traefik of a node and one replica, which says by which id a request
 * came. The visitor asks once for each path that the replica knows, and the logs are read.
 *
 * Usage: accessLog.py ENGINE
 */
export const accessLogScenario = `import http.client, json, os, socket, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

result, engine = {}, sys.argv[1]
EDGE, NODE, REPLICA = "10.0.1.11", "10.0.2.11", json.load(open("/tmp/replica.json"))
ids = {}


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        ids[self.path] = self.headers.get("X-Request-ID")
        if self.path == "/slow":
            time.sleep(2.4)
        self.send_response({"/failed": 500, "/busy": 503, "/missing": 404}.get(self.path, 200))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


for address in [NODE, EDGE, REPLICA]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
threading.Thread(target=ThreadingHTTPServer((REPLICA, 3000), Replica).serve_forever, daemon=True).start()
log = open("/tmp/engine.log", "w")
node_log = open("/tmp/node.log", "w")
traefik = subprocess.Popen(["/tmp/traefik-program", "--configFile=/tmp/traefik/traefik.yaml"], stdout=node_log, stderr=node_log)
command = {
    "haproxy": ["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-S", "/run/haproxy-master.sock"],
    "nginx": ["nginx", "-c", "/etc/platform/nginx.conf", "-g", "daemon off;"],
}[engine]
proxy = subprocess.Popen(command, stdout=log, stderr=log)


def ask(path, method="GET", port=80, host=EDGE):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(method, path, headers={"Host": "www.example.com", "X-Request-ID": "forged"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


# Without its routes a Traefik answers 404.
until(lambda: ask("/.platform/ready", host=NODE, port=8080) == 200)
until(lambda: ask("/ready", port=8404) == 200)
ids.clear()
# A POST, because a GET that is answered 503 is repeated. The last one shows that the lines before it are written.
paths = ["/page", "/missing", "/slow", "/failed", "/busy", "/failed?last"]
result["statuses"] = {path: ask(path, "POST") for path in paths}
read = lambda path: open(path).read().splitlines() if os.path.exists(path) else []
edge_lines = lambda: read("/tmp/engine.log") + read("/tmp/nginx-error.log") + read("/tmp/nginx-info.log")
until(lambda: any("/busy" in line for line in read("/tmp/node.log")), 3)
until(lambda: any("/busy" in line for line in edge_lines()), 3)
result["ids"] = ids
result["edge"] = {path: [line for line in edge_lines() if f"POST {path} " in line] for path in paths}
result["errors"] = [path for path in paths for line in read("/tmp/engine.log") + read("/tmp/nginx-error.log") if f"POST {path} " in line and (engine == "nginx" or line.startswith("<3>"))]
result["node"] = {path: [line for line in read("/tmp/node.log") if f'"RequestPath":"{path}"' in line] for path in paths}
traefik.terminate()
${ending}`;
