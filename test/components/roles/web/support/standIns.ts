/** Nodes of an application, nginx, what it logs, and a visitor behind a load balancer. */
export const standIns = `import base64, hashlib, http.client, json, os, select, socket, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WEB, EDGE, VISITOR, NODES = "10.0.5.11", "10.0.1.11", "192.0.2.9", ["10.0.2.11", "10.0.2.12"]
result, seen, done = {}, [], {}
# What all nodes answer with instead of a page; none: with the page.
state = {"status": None, "ready": 200, "release": "one", "delay": 0}
for address in [WEB, EDGE, "10.0.1.12", VISITOR, "192.0.2.66", *NODES]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)


class Node(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def read_body(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def say(self, content, headers={}, status=200):
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def answer(self):
        path = self.path.partition("?")[0]
        if self.server.is_away:
            self.close_connection = True
            return
        if path == "/.platform/ready":
            return self.say(b"", status=state["ready"])
        begun = time.monotonic()
        body = self.read_body()
        seen.append([self.command, self.path, self.server.server_address[0], begun])
        time.sleep(state["delay"])
        if path == "/break":
            self.close_connection = True
            return
        if path == "/ws":
            return self.websocket()
        if state["status"]:
            return self.say(b"broken", {"Cache-Control": "public, max-age=3600"}, state["status"])
        if path == "/echo":
            told = {"body": len(body), "headers": {k.lower(): v for k, v in self.headers.items()}}
            return self.say(json.dumps(told).encode(), {"Content-Type": "application/json"})
        if path.startswith("/size/"):
            return self.say(b"a" * int(path[6:].split(".")[0]), {"Content-Type": "text/plain"})
        if path == "/large":
            self.say(b"b" * 800_000, {"Content-Type": "application/octet-stream"})
            done[self.path] = time.monotonic()
            return
        headers = {
            "/cookie": {"Set-Cookie": "session=1"},
            "/said": {"Cache-Control": "public, max-age=77"},
            "/private": {"Cache-Control": "private"},
            "/framed": {"X-Frame-Options": "DENY"},
            "/gone": {},
        }.get(path, {})
        self.say((f"page {path} of {state['release']} " + "x" * 2000).encode(), headers, 404 if path == "/gone" else 200)

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

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    is_away = False


servers = {}


def start(address):
    servers[address] = Server((address, 8080), Node)
    threading.Thread(target=servers[address].serve_forever, daemon=True).start()


def stop(address):
    servers[address].is_away = True
    servers[address].shutdown()
    servers[address].server_close()


# What nginx tells of each answer, for whoever counts them.
served = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
served.bind("/run/platform-served.sock")
os.chmod("/run/platform-served.sock", 0o666)
state["reads_served"] = True


def read_served():
    while state["reads_served"]:
        if select.select([served], [], [], 0.1)[0] and state["reads_served"]:
            served.recv(4096)


threading.Thread(target=read_served, daemon=True).start()

logged = []


def take_logs():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind("/tmp/log.sock")
    os.chmod("/tmp/log.sock", 0o666)
    while True:
        logged.append(listener.recv(65536).decode(errors="replace"))


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ask(path, method="GET", headers={}, body=None, source=EDGE, host="www.example.com", text=False):
    """Status, headers and content; as a load balancer asks for a visitor."""
    connection = http.client.HTTPConnection(WEB, 80, timeout=60, source_address=(source, 0))
    told = {"X-Forwarded-For": VISITOR, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"} if source == EDGE else {}
    try:
        connection.request(method, path, body=body, headers={"Host": host, **told, **headers})
        answer = connection.getresponse()
        content = answer.read()
        joined = {}
        for name, value in answer.getheaders():
            joined[name.lower()] = f"{joined[name.lower()]}, {value}" if name.lower() in joined else value
        return answer.status, joined, content
    finally:
        connection.close()


def asked(path):
    return sum(1 for one in seen if one[1] == path)


threading.Thread(target=take_logs, daemon=True).start()
for address in NODES:
    start(address)
until(lambda: os.path.exists("/tmp/log.sock"))
subprocess.run(["nginx", "-c", "/etc/platform/nginx.conf"], check=True)
`;

/** Tells what was found. */
export const ending = `
subprocess.run(["nginx", "-c", "/etc/platform/nginx.conf", "-s", "stop"])
print()
print("RESULT", json.dumps(result))
`;
