/**
 * Runs inside the Debian 13 root: two app nodes and an agent made of Python, the real proxy in front of them,
 * and a visitor. Prints what happened as one JSON object; the test judges it.
 *
 * Usage: traffic.py ENGINE
 */
export const trafficScenario = `import http.client, json, os, socket, ssl, subprocess, sys, threading, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NODES = {"app1": "10.0.2.11", "app2": "10.0.2.12"}
EDGE = "10.0.1.11"
result = {}


class Node:
    def __init__(self, name, address, port=8080):
        self.name, self.address, self.port = name, address, port
        self.status, self.seen, self.server = 200, [], None

    def start(self):
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet for an answer, or the kernel's delayed acknowledgements slow everything down.
            wbufsize = -1

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                internal = self.path.startswith("/.platform/")
                if not internal:
                    node.seen.append(self.command)
                content = json.dumps({"node": node.name, "path": self.path, "headers": dict(self.headers)}).encode()
                self.send_response(200 if internal else node.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            request_queue_size = 128
            open_connections = []

            def process_request(self, request, client):
                self.open_connections.append(request)
                super().process_request(request, client)

            def handle_error(self, *_):
                pass

        self.server = Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True, args=(0.05,)).start()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in self.server.open_connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.server.open_connections.clear()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=context))


def ask(url, method="GET", headers={}):
    request = urllib.request.Request(url, method=method, headers=headers, data=b"x" if method == "POST" else None)
    try:
        with opener.open(request, timeout=15) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers
    except OSError as error:
        return 0, str(error).encode(), {}


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def share(count):
    nodes = [json.loads(ask("http://127.0.0.1/page")[1])["node"] for _ in range(count)]
    return {name: nodes.count(name) for name in NODES}


def failures(count, method="GET"):
    """What went wrong, not only how often."""
    answers = [(number, *ask("http://127.0.0.1/page", method)[:2]) for number in range(count)]
    return [[number, status, content.decode()[:200]] for number, status, content in answers if status != 200]


for address in [*NODES.values(), EDGE]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
nodes = {name: Node(name, address) for name, address in NODES.items()}
for node in nodes.values():
    node.start()
Node("agent", "127.0.0.1", 8405).start()

engine = sys.argv[1]
log = open("/tmp/engine.log", "w")
command = {
    "haproxy": ["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-S", "/run/haproxy-master.sock"],
    "nginx": ["nginx", "-c", "/etc/platform/nginx.conf", "-g", "daemon off;"],
}[engine]
proxy = subprocess.Popen(command, stdout=log, stderr=log)
healthy = lambda: ask(f"http://{EDGE}:8404/healthz")[0] == 200
result["healthy"] = until(healthy)
time.sleep(1)

result["share"] = share(400)
status, content, headers = ask(
    "http://127.0.0.1/page",
    headers={"X-Forwarded-For": "192.0.2.66", "X-Request-ID": "forged", "Forwarded": "for=x", "X-Real-IP": "192.0.2.66"},
)
result["forwarded"] = {name.lower(): value for name, value in json.loads(content)["headers"].items()}
result["edgeHeader"] = headers.get("X-Edge")
result["requestIds"] = len(
    {{k.lower(): v for k, v in json.loads(ask("http://127.0.0.1/page")[1])["headers"].items()}["x-request-id"] for _ in range(20)}
)
result["internal"] = ask("http://127.0.0.1/.platform/ready")[0]
result["stateWithoutKey"] = ask("http://127.0.0.1/.well-known/platform-edge")[0]
keyed = ask("http://127.0.0.1/.well-known/platform-edge", headers={"X-Platform-Key": "planted-peer-key"})
result["stateWithKey"] = [keyed[0], json.loads(keyed[1] or b"{}").get("node")]
result["privateState"] = json.loads(ask(f"http://{EDGE}:8404/state")[1] or b"{}").get("node")
result["alive"] = ask(f"http://{EDGE}:8404/alive")[0]

nodes["app1"].status = 503
result["getsAnsweredByOther"] = failures(20)
nodes["app1"].status, nodes["app1"].seen, nodes["app2"].seen = 500, [], []
ask("http://127.0.0.1/page", "POST")
result["postsSeen"] = len(nodes["app1"].seen) + len(nodes["app2"].seen)
nodes["app1"].status = 200
result["bothServe"] = until(lambda: min(share(10).values()) >= 3)

nodes["app2"].kill()
result["failuresAfterKill"] = failures(200)
result["postFailuresAfterKill"] = failures(50, "POST")
nodes["app2"].start()
result["back"] = until(lambda: share(10)["app2"] > 0, 15)
for node in nodes.values():
    node.kill()
result["unhealthyWithoutNodes"] = until(lambda: not healthy(), 5)
for node in nodes.values():
    node.start()
result["healthyAgain"] = until(healthy)

if engine == "haproxy":
    admin = lambda text: subprocess.run(
        ["socat", "-t5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"], input=text + "\\n", capture_output=True, text=True
    ).stdout
    state_of = lambda node: [line for line in admin("show stat").splitlines() if line.startswith("app," + node)][0].split(",")[17]
    until(lambda: state_of("app1") == state_of("app2") == "UP")
    workers = lambda: admin("show info").split("Pid: ")[1].split()[0]
    admin("set server app/app1 state drain")
    before = workers()
    stop = threading.Event()
    failed = []

    def visit():
        while not stop.is_set():
            failed.append(ask("http://127.0.0.1/page")[0] != 200)

    visitor = threading.Thread(target=visit)
    visitor.start()
    reload = subprocess.run(["bash", "/tmp/reload-haproxy"], capture_output=True, text=True)
    until(lambda: workers() != before)
    time.sleep(0.5)
    stop.set()
    visitor.join()
    result["reload"] = {
        "status": reload.returncode,
        "output": reload.stdout + reload.stderr,
        "newWorker": workers() != before,
        "drained": "DRAIN" in state_of("app1"),
        "failed": sum(failed),
        "requests": len(failed),
    }

    admin("set server app/app1 state ready")
    until(lambda: min(share(10).values()) >= 3)
    old = workers()
    kept = [http.client.HTTPConnection("127.0.0.1", 80, timeout=10) for _ in range(8)]

    def ask_kept(connection):
        began = time.monotonic()
        connection.request("GET", "/page")
        answer = connection.getresponse()
        node = json.loads(answer.read())["node"]
        return [answer.status, node, answer.getheader("Connection"), time.monotonic() - began]

    result["beforeRemoval"] = [ask_kept(connection)[1] for connection in kept]
    with open("/etc/haproxy/haproxy.cfg") as config:
        whole = config.read()
    with open("/etc/haproxy/haproxy.cfg", "w") as config:
        config.write("\\n".join(line for line in whole.split("\\n") if not line.startswith("  server app2 ")))
    subprocess.run(["bash", "/tmp/reload-haproxy"], check=True, capture_output=True)
    until(lambda: workers() != old)
    nodes["app2"].kill()
    result["afterRemoval"] = [ask_kept(connection) for connection in kept]
    result["oldWorkerEnds"] = until(lambda: not os.path.exists("/proc/" + old), 10)
    nodes["app2"].start()
    with open("/etc/haproxy/haproxy.cfg", "a") as config:
        config.write("\\nnonsense\\n")
    result["badReload"] = subprocess.run(["bash", "/tmp/reload-haproxy"], capture_output=True).returncode
    result["servesAfterBadReload"] = ask("http://127.0.0.1/page")[0]

proxy.terminate()
proxy.wait()
result["log"] = open("/tmp/engine.log").read()[-3000:]
print("RESULT " + json.dumps(result))
os._exit(0)
`;
