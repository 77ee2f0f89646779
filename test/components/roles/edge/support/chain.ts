import { traefikStatic } from "../../../../../components/roles/app/traefik";
import { ending } from "./standIns";
import { webSocketVisitor } from "./webSocketVisitor";

/** Each node has a container network of its own with the same addresses; here they share one. */
const elsewhere = (text: string) => text.replaceAll("172.20.", "172.21.");

/** What Traefik and the replicas of two nodes read, of which the load balancer has port 80. */
export function chainFiles(dynamic: string, addresses: readonly string[]): Readonly<Record<string, string>> {
  const entry = (node: string) =>
    traefikStatic(node, ["10.0.1.11"])
      .replace(`${node}:80`, `${node}:8080`)
      .replace("/etc/traefik/dynamic", `/tmp/traefik/${node}/dynamic`);
  return {
    "/tmp/replicas.json": JSON.stringify([...addresses, ...addresses.map(elsewhere)]),
    "/tmp/traefik/10.0.2.11/traefik.yaml": entry("10.0.2.11"),
    "/tmp/traefik/10.0.2.11/dynamic/services.yaml": dynamic,
    "/tmp/traefik/10.0.2.12/traefik.yaml": entry("10.0.2.12"),
    "/tmp/traefik/10.0.2.12/dynamic/services.yaml": elsewhere(dynamic),
  };
}

/** Python that such a scenario begins with: all that is between a visitor and two replicas on each of two nodes. */
export const chainStart = `import base64, hashlib, http.client, json, os, signal, socket, struct, subprocess, sys, threading, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

result, engine = {}, sys.argv[1]
replicas = json.load(open("/tmp/replicas.json"))
EDGE, NODES = "10.0.1.11", ["10.0.2.11", "10.0.2.12"]
ready, seen = {"status": 200}, []


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self):
        if self.path == "/unread":
            time.sleep(90)
            return
        size, received = int(self.headers.get("Content-Length") or 0), 0
        while received < size:
            piece = self.rfile.read1(65536)
            if not piece:
                return
            received += len(piece)
        status = 200
        if self.headers.get("Host") != "www.example.com":
            status = 400
        elif self.path == "/up/":
            status = ready["status"]
        else:
            seen.append(self.path)
        # "/page?after=2" takes 2 s.
        time.sleep(float(self.path.partition("after=")[2] or 0))
        if self.path == "/hold":
            time.sleep(0.5)
        if self.path == "/ws":
            return self.websocket()
        if self.path == "/reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        content = json.dumps({"replica": self.server.server_address[0], "received": received, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(status)
        # A 204 has no body.
        self.send_header("Content-Length", str(0 if status == 204 else len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        # Frames go back as they come.
        while piece := self.rfile.read1(65536):
            self.wfile.write(piece)
            self.wfile.flush()

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


for address in [*NODES, EDGE, "192.0.2.9", *replicas]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
servers = {}


def start(address):
    servers[address] = ThreadingHTTPServer((address, 3000), Replica)
    threading.Thread(target=servers[address].serve_forever, daemon=True).start()


for address in replicas:
    start(address)
log = open("/tmp/engine.log", "w")
traefiks = [
    subprocess.Popen(["/tmp/traefik-program", f"--configFile=/tmp/traefik/{node}/traefik.yaml"], stdout=log, stderr=log)
    for node in NODES
]
command = {
    "haproxy": ["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-S", "/run/haproxy-master.sock"],
    "nginx": ["nginx", "-c", "/etc/platform/nginx.conf", "-g", "daemon off;"],
}[engine]
proxy = subprocess.Popen(command, stdout=log, stderr=log)


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def ask(path, method="GET", headers={}, body=None, port=80, host=EDGE):
    connection = http.client.HTTPConnection(host, port, timeout=30, source_address=("192.0.2.9", 0))
    try:
        connection.request(method, path, body=body, headers={"Host": "www.example.com", **headers})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content.startswith(b"{") else {}
    except OSError as error:
        return 0, {"error": str(error)}
    finally:
        connection.close()


# Without its routes a Traefik answers 404.
until(lambda: all(ask("/.platform/ready", host=node, port=8080)[0] == 200 for node in NODES))
ready_there = lambda: 200 <= ask("/ready", port=8404)[0] < 300
result["ready"] = until(ready_there)
`;

/**
 * A visitor, the real load balancer, the real Traefik of two nodes, and two replicas behind each that answer to their
 * own name alone and say what reached them.
 *
 * Usage: chain.py ENGINE
 */
export const chainScenario = `${chainStart}forged = {name: "203.0.113.66" for name in ["X-Forwarded-For", "X-Real-IP", "X-Forwarded-Port", "Forwarded"]}
result["forwarded"] = ask("/page", headers=forged | {"X-Forwarded-Proto": "https", "X-Platform-Any-Replica": "yes"})[1].get("headers")


def upload():
    """200 kB in 6 s, as from a phone: longer than every scaled limit."""
    for _ in range(20):
        yield bytes(10_000)
        time.sleep(0.3)


${webSocketVisitor}def reload():
    """As the package does it: a new worker takes what comes, the old one goes on with what is open."""
    workers = lambda: set(subprocess.run(["pgrep", "-P", str(proxy.pid)], capture_output=True, text=True).stdout.split())
    before = workers()
    proxy.send_signal(signal.SIGUSR2 if engine == "haproxy" else signal.SIGHUP)
    return until(lambda: workers() - before != set())


webSocket = WebSocket()
result["webSocket"] = [*webSocket.opened, webSocket.echo()]
uploading = threading.Thread(target=lambda: result.update(upload=ask("/upload", "PUT", {"Content-Length": "200000"}, upload())))
uploading.start()
time.sleep(1)
result["reloaded"] = reload()
uploading.join()
# It has been silent for longer than every scaled limit for requests.
result["webSocketLater"] = webSocket.echo()
seen.clear()
for _ in range(20):
    ask("/warm")
seen.clear()
result["reset"] = [ask("/reset")[0], seen.count("/reset")]
# Twelve connections to each replica are idle in the same moment.
holders = [threading.Thread(target=ask, args=("/hold",)) for _ in range(48)]
for holder in holders:
    holder.start()
for holder in holders:
    holder.join()
seen.clear()
result["resetOfMany"] = [ask("/reset")[0], seen.count("/reset")]

stop, visits = threading.Event(), []


def visit():
    while not stop.is_set():
        visits.append([ask("/page")[0], time.monotonic()])


visitors = [threading.Thread(target=visit) for _ in range(4)]
for visitor in visitors:
    visitor.start()
until(lambda: len(visits) > 50)
servers[replicas[0]].shutdown()
servers[replicas[0]].server_close()
died = time.monotonic()
# Longer than Traefik takes to notice, so that requests meet both: a replica that it still believes in, and its absence.
time.sleep(5)
stop.set()
for visitor in visitors:
    visitor.join()
after = [status for status, at in visits if at > died]
result["replicaDies"] = [len(after), sorted({status for status, _ in visits})]
start(replicas[0])

ready["status"] = 204
time.sleep(3)
result["noContent"] = [ready_there(), ask("/page")[0]]
ready["status"] = 503
result["unready"] = until(lambda: not ready_there())
if engine == "nginx":
    until(lambda: os.path.exists("/run/platform-edge-probe/nobody-ready"))
# The last request that was sent to ready replicas has ended.
until(lambda: ask("/page", "POST")[0] == 200)
posts = [ask("/page", "POST") for _ in range(20)]
result["allUnready"] = sorted({status for status, _ in posts})
result["tellsNobody"] = all("x-platform-any-replica" not in answer.get("headers", {}) for _, answer in posts)
ready["status"] = 200
result["readyAgain"] = until(ready_there)
# The platform's own paths as visitors may spell them.
result["internal"] = {}
for path in ["/.platform/ready", "/%2eplatform/ready", "/%2Eplatform/ping", "//.platform/ready", "/./.platform/ready", "/x/../.platform/ping", "/.platform%2fready"]:
    result["internal"][path] = ask(path)[0]
for traefik in traefiks:
    traefik.terminate()
${ending}`;
