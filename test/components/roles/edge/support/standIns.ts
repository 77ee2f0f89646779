/**
 * Python that a scenario inside the Debian 13 root begins with: two app nodes and an agent, the real proxy in front
 * of them (`sys.argv[1]` says which), and a visitor. `result` is printed by `ending`, for the test to judge.
 */
export const standIns = `import http.client, json, os, socket, ssl, struct, subprocess, sys, threading, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NODES = {"app1": "10.0.2.11", "app2": "10.0.2.12"}
EDGE = "10.0.1.11"
result = {}


class Node:
    def __init__(self, name, address, port=8080):
        self.name, self.address, self.port = name, address, port
        self.status, self.seen, self.server = 200, [], None
        self.ready, self.seconds = True, 0
        # Seconds that readiness takes, and how a node is asked.
        self.ready_after, self.asked = 0, []
        # What a ready node answers, and an internal path that never fails.
        self.ready_status, self.always = 200, ""
        # Further headers of an answer, by its path.
        self.headers_of = lambda path: {}
        # Requests that it works on at the same time.
        self.working, self.peak = 0, 0

    def start(self):
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet for an answer, or the kernel's delayed acknowledgements slow everything down.
            wbufsize = -1

            def answer(self):
                received = 0
                while received < int(self.headers.get("Content-Length") or 0):
                    piece = self.rfile.read(min(65536, int(self.headers["Content-Length"]) - received))
                    if not piece:
                        return
                    received += len(piece)
                internal = self.path.startswith("/.platform/")
                if not internal:
                    node.seen.append(self.command)
                    node.working += 1
                    node.peak = max(node.peak, node.working)
                    time.sleep(node.seconds)
                    node.working -= 1
                    if self.behave():
                        return
                elif self.path == "/.platform/ready":
                    node.asked.append(self.headers.get("Host"))
                    time.sleep(node.ready_after)
                content = json.dumps({"node": node.name, "path": self.path, "headers": dict(self.headers)}).encode()
                ready = node.ready or self.path == node.always
                self.send_response((node.ready_status if ready else 503) if internal else node.status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in node.headers_of(self.path).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def behave(self):
                """Paths that ask for trouble. True: that was all."""
                if self.path == "/reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return True
                if self.path == "/slow":
                    time.sleep(4)
                if self.path == "/503":
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return True
                return False

            do_GET = do_POST = do_PUT = answer

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
`;

/** Ends the proxy and prints the result. */
export const ending = `proxy.terminate()
proxy.wait()
result["log"] = open("/tmp/engine.log").read()[-3000:]
print("RESULT " + json.dumps(result))
os._exit(0)
`;
