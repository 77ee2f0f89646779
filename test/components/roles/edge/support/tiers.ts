import { impostor } from "./tierImpostor";

/**
 * Visitors, the real load balancer, web server and Traefik, which show each other the certificates that the machines
 * make themselves; and those who have none, another one, or a stolen one.
 *
 * Usage: tiers.py ENGINE, with /tmp/world.json
 */
export const tiersScenario = `import http.client, json, os, socket, ssl, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

result, engine, world = {}, sys.argv[1], json.load(open("/tmp/world.json"))
HOST = {"Host": "www.example.com"}
log = open("/tmp/engine.log", "w")
os.chmod("/tmp/bin/systemctl", 0o755)
environment = os.environ | {"PATH": "/tmp/bin:" + os.environ["PATH"]}
own = lambda machine: f"/tmp/m/{machine}/tiers/own.pem"


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = json.dumps({k.lower(): v for k, v in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def renew(machine, *arguments, script="renew"):
    done = subprocess.run(["bash", f"/tmp/m/{machine}/{script}", *arguments], env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


for address in world["addresses"]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
for address in world["replicas"]:
    server = ThreadingHTTPServer((address, 3000), Replica)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
result["issued"] = [renew(machine, "issue") for machine in world["machines"] + world["strangers"]]
certificate = lambda machine: open(own(machine)).read()
first = {machine: certificate(machine) for machine in world["machines"]}
# A second look finds that all is well.
for machine in world["machines"]:
    renew(machine, "issue")
result["stays"] = all(first[machine] == certificate(machine) for machine in world["machines"])
result["modes"] = [oct(os.stat(own(machine)).st_mode & 0o777) for machine in world["machines"]]
traefiks = {
    machine: subprocess.Popen(["/tmp/traefik-program", f"--configFile=/tmp/m/{machine}/traefik.yaml"], stdout=log, stderr=log)
    for machine in world["apps"]
}
servers = []
if world["web"]:
    servers.append(subprocess.Popen(["nginx", "-c", "/tmp/m/web.conf", "-g", "daemon off;"], stdout=log, stderr=log))
command = {
    "haproxy": ["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-S", "/run/haproxy-master.sock"],
    "nginx": ["nginx", "-c", "/etc/platform/nginx.conf", "-g", "daemon off;"],
}[engine]
proxy = subprocess.Popen(command, stdout=log, stderr=log)


${impostor}


def visit(connection=None):
    connection = connection or http.client.HTTPConnection("10.0.1.11", 80, timeout=20)
    connection.request("GET", "/page", headers=HOST)
    answer = connection.getresponse()
    return answer.status, answer.read()


def edge_ready():
    try:
        connection = http.client.HTTPConnection("10.0.1.11", 8404, timeout=5)
        connection.request("GET", "/ready")
        return 200 <= connection.getresponse().status < 300
    except OSError:
        return False


def serves(address):
    """The certificate that is shown there, whoever asks."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(own(world["edge"]))
        with socket.create_connection((address, 443), timeout=5) as plain, context.wrap_socket(plain) as encrypted:
            return ssl.DER_cert_to_PEM_cert(encrypted.getpeercert(True)).strip()
    except OSError:
        return None


def ask(address, certificate=None, encrypted=True):
    """As somebody who does not mind whom it speaks with: the status of the answer, or how it was refused."""
    try:
        if not encrypted:
            connection = http.client.HTTPConnection(address, 443, timeout=10)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if certificate is not None:
                context.load_cert_chain(certificate)
            connection = http.client.HTTPSConnection(address, 443, timeout=10, context=context)
        connection.request("GET", "/page", headers=HOST)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


entrances = {address: machine for machine, address in world["listening"].items()}
result["shown"] = [until(lambda: serves(address) is not None) for address in entrances]
false_web = Impostor(*world["falseWeb"]) if world["web"] else None
# Machines count as ready until they are first asked: a visitor of that moment may come too early to Traefik's routes.
result["ready"] = until(edge_ready) and until(lambda: visit()[0] == 200)
status, content = visit()
result["page"] = [status, json.loads(content)] if status == 200 else [status, content.decode()]
result["asked"] = {
    address: {
        "allowed": ask(address, own(world["asking"][address])),
        "plain": ask(address, encrypted=False),
        "without": ask(address),
        **{name: ask(address, own(name)) for name in world["strangers"]},
    }
    for address in entrances
}
# What the load balancer asks before it sends visitors to other machines.
moves = lambda endpoint: subprocess.run(["bash", "-c", 'source <(sed "/^systemctl/,$ d" /tmp/await-machines); ready "$1"', "ready", endpoint], capture_output=True).returncode
result["moves"] = [moves(address + ":443") for address in world["backends"]] + [moves(world["edge_address"] + ":443")]
# Certificates are being switched on: of two machines one is ready, and the others still take plain requests.
plain = ThreadingHTTPServer((world["backends"][0], 8080), Replica)
threading.Thread(target=plain.serve_forever, daemon=True).start()
open("/tmp/plain.cfg", "w").write(f"backend app\\n  server one {world['backends'][0]}:8080 check\\n")
script = open("/tmp/await-machines").read().replace("/etc/haproxy/haproxy.cfg", "/tmp/plain.cfg").replace("/etc/nginx/nginx.conf", "/tmp/plain.cfg")
open("/tmp/await-again", "w").write(script)
try:
    moved = subprocess.run(["bash", "/tmp/await-again"], env=environment, capture_output=True, text=True, timeout=30)
    result["switches"] = [moved.returncode, moved.stdout.startswith("visitors stay with")]
except subprocess.TimeoutExpired:
    result["switches"] = ["waits for a machine that is busy becoming ready"]
visits = [visit()[0] for _ in range(60)]
if false_web:
    until(lambda: false_web.tried > 2)
    result["falseWeb"] = [false_web.tried > 2, false_web.believed, sorted(set(visits))]

# Renewal while visitors come: what was shown until now ends before they go.
stop, answers = threading.Event(), []


def visitor(keeps):
    connection = None
    while not stop.is_set():
        try:
            connection = connection if keeps and connection else http.client.HTTPConnection("10.0.1.11", 80, timeout=20)
            status, content = visit(connection)
            answers.append([status, "" if status == 200 else content.decode()[:80]])
        except (OSError, http.client.HTTPException) as error:
            kept, connection = connection is not None and len(answers) > 0 and keeps, None
            # nginx that reloads closes idle connections: browsers ask again on a new one.
            if engine == "nginx" and kept and isinstance(error, http.client.RemoteDisconnected):
                continue
            answers.append([0, f"{type(error).__name__} {error}"])
        time.sleep(0.01)


visitors = [threading.Thread(target=visitor, args=(number % 2 == 0,)) for number in range(4)]
for one in visitors:
    one.start()
said = {}


def renewed(machine):
    said[machine] = renew(machine, script="renew-long")
    return certificate(machine) != first[machine]


result["renewed"] = all(until(lambda: renewed(machine), 60) for machine in world["machines"])
result["said"] = said
shown = lambda address: serves(address) == certificate(entrances[address]).split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
result["taken"] = [until(lambda: shown(address)) for address in entrances]
result["agains"] = [renew(machine, script="renew-long") for machine in world["machines"]]
ends = lambda text: ssl.cert_time_to_seconds(subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=text, capture_output=True, text=True).stdout.strip().split("=")[1])
last = max(ends(text) for text in first.values())
result["ended"] = until(lambda: time.time() > last + 2, 60)
# More at once than there are connections of before.
crowd = [threading.Thread(target=lambda: answers.append([visit()[0], "crowd"])) for _ in range(40)]
for one in crowd:
    one.start()
for one in crowd:
    one.join()
before = len(answers)
until(lambda: len(answers) > before + 20)
stop.set()
for one in visitors:
    one.join()
result["underLoad"] = [len(answers), [answer for answer in answers if answer[0] != 200][:5]]

# A node in whose place somebody stands with another platform's certificate for the same names.
machine, address, stolen = world["falseApp"]
traefiks[machine].kill()
traefiks[machine].wait()
false_app = Impostor(address, stolen)
statuses = []
until(lambda: statuses.append(visit()[0]) or (false_app.tried > 2 and len(statuses) > 60))
result["falseApp"] = [false_app.tried > 2, false_app.believed, sorted(set(statuses))]
for one in [*traefiks.values(), *servers, proxy]:
    one.terminate()
result["log"] = open("/tmp/engine.log").read()[-3000:]
print("RESULT " + json.dumps(result))
os._exit(0)
`;
