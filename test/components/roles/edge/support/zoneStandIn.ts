/** Token that may change the zone. */
export const dnsToken = "planted-dns-token";

/**
 * The zones of Hetzner's API, as small as the challenge's use of them, and a name server that answers the same records:
 * one Python program, which a test tells what shall go wrong.
 *
 * `POST /control` sets `fault` ({match, status, code, times}: requests whose method and path contain `match`), `delay`
 * (seconds until the name server has a change), `deaf` (it answers nothing) and `values` of a name; `GET /control`
 * tells `values`, and `calls`.
 *
 * Usage: zone.py ADDRESS PORT A-RECORD
 */
export const zoneStandIn = `import json, socket, socketserver, struct, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

address, port, leads_to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ZONE, SERVERS = "example.com", ["ns1.zone.test.", "ns2.zone.test."]
lock = threading.RLock()
# By the zone's name for it: values, and when the name server has them; and those that are gone, until when it has them.
state = {"values": {}, "ttl": {}, "since": {}, "gone": {}, "fault": None, "delay": 0, "deaf": False, "calls": []}


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def say(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def fail(self, status, code):
        self.say(status, {"error": {"code": code, "message": code}})

    def answer(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        with lock:
            if self.path == "/control":
                state.update(body)
                return self.say(200, {key: state[key] for key in ("values", "calls")})
            call = f"{self.command} {self.path.removeprefix('/v1')}"
            state["calls"].append(call)
            fault = state["fault"]
            if fault and fault["match"] in call and fault["times"] != 0:
                fault["times"] -= 1
                if fault["code"] == "lost":
                    self.serve(body, True)
                    self.close_connection = True
                    return
                return self.fail(fault["status"], fault["code"])
            if self.headers.get("Authorization") != "Bearer ${dnsToken}":
                return self.fail(401, "unauthorized")
            self.serve(body, False)

    def serve(self, body, is_lost):
        say, fail = (lambda *_: None, lambda *_: None) if is_lost else (self.say, self.fail)
        parts = self.path.removeprefix("/v1/zones/").split("/")
        if parts[0] != ZONE:
            return fail(404, "not_found")
        if len(parts) == 1:
            return say(200, {"zone": {"name": ZONE, "mode": "primary", "authoritative_nameservers": {"assigned": SERVERS}}})
        name, values = parts[2], state["values"].get(parts[2], [])
        if len(parts) == 4:
            if not values:
                return fail(404, "not_found")
            return say(200, {"rrset": {"name": name, "type": "TXT", "records": [{"value": f'"{one}"'} for one in values]}})
        wanted = [one["value"] for one in body["records"]]
        if any(not (one.startswith('"') and one.endswith('"')) for one in wanted):
            return fail(422, "invalid_input")
        wanted = [one.strip('"') for one in wanted]
        if parts[5] == "add_records":
            if set(wanted) & set(values) or (values and "ttl" in body and body["ttl"] != state["ttl"].get(name)):
                return fail(422, "invalid_input")
            state["values"][name] = values + wanted
            state["ttl"].setdefault(name, body.get("ttl"))
            for one in wanted:
                state["since"][one] = time.monotonic() + state["delay"]
        elif parts[5] == "remove_records":
            if not set(wanted) <= set(values):
                return fail(404, "not_found")
            state["values"][name] = [one for one in values if one not in wanted]
        say(201, {"action": {"id": 1, "status": "success"}})

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def reply(question):
    offset, labels = 12, []
    while question[offset]:
        labels.append(question[offset + 1 : offset + 1 + question[offset]].decode().lower())
        offset += 1 + question[offset]
    kind = struct.unpack_from("!H", question, offset + 1)[0]
    name, records = ".".join(labels), []
    if kind == 16 and name.endswith(f".{ZONE}"):
        with lock:
            values = state["values"].get(name.removesuffix(f".{ZONE}"), [])
            values = [one for one in values if state["since"].get(one, 0) <= time.monotonic()]
        records = [bytes([len(one)]) + one.encode() for one in values]
    elif kind == 1:
        records = [socket.inet_aton(leads_to)]
    head = question[:2] + struct.pack("!HHHHH", 0x8580, 1, len(records), 0, 0)
    body = b"".join(b"\\xc0\\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for data in records)
    return head + question[12 : offset + 5] + body


class Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        while len(size := self.request.recv(2)) == 2:
            if state["deaf"]:
                time.sleep(30)
                return
            told = reply(self.request.recv(struct.unpack("!H", size)[0]))
            self.request.sendall(struct.pack("!H", len(told)) + told)


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(reply(self.request[0]), self.client_address)


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = [
    ThreadingHTTPServer((address, port), Api),
    TcpServer((address, 53), Tcp),
    socketserver.ThreadingUDPServer((address, 53), Udp),
]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
`;

/** For `/etc/hosts` of who asks the name servers. */
export const zoneServers = "ns1.zone.test ns2.zone.test";
