import { ending } from "./standIns";

/**
 * One replica as a process of its own. It writes down each request before it answers, ends idle connections at random
 * moments, fails its health after SIGUSR1, and after SIGTERM finishes what it has begun.
 *
 * Usage: replica.py ADDRESS
 */
export const replicaProgram = `import os, random, signal, socket, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

done = os.open("/tmp/done", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
health = {"status": 200}


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self):
        status = 200
        if self.path == "/up/":
            status = health["status"]
        else:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            os.write(done, f"{sys.argv[1]} {self.command} {self.path}\\n".encode())
            time.sleep(0.002)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.wfile.flush()
        # Most are used again at once, some end in that very moment, some later.
        self.connection.settimeout(random.choice([0.0005, 0.002, 0.005, 0.02, 5]))

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


server = Server((sys.argv[1], 3000), Replica)
signal.signal(signal.SIGUSR1, lambda *_: health.update(status=503))
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.socket.close()
`;

/**
 * Visitors, the real load balancer, the real Traefik of two nodes and two replicas behind each. All ask without pause,
 * one POST for each GET, while replicas end idle connections, are replaced one by one, and one is killed.
 *
 * Usage: replacedReplicas.py ENGINE
 */
export const replacedReplicasScenario = `import collections, http.client, json, os, signal, subprocess, sys, threading, time

result, engine = {}, sys.argv[1]
replicas = json.load(open("/tmp/replicas.json"))
EDGE, NODES, VISITORS = "10.0.1.11", ["10.0.2.11", "10.0.2.12"], 8

for address in [*NODES, EDGE, *replicas]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
log = open("/tmp/engine.log", "w")
start = lambda address: subprocess.Popen(["python3", "/tmp/replica.py", address], stdout=log, stderr=log)
processes = {address: start(address) for address in replicas}
for node in NODES:
    subprocess.Popen(["/tmp/traefik-program", f"--configFile=/tmp/traefik/{node}/traefik.yaml"], stdout=log, stderr=log)
proxy = subprocess.Popen(["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg"], stdout=log, stderr=log)


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def status(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "www.example.com"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def answered_by(address):
    return any(line.startswith(address + " ") for line in open("/tmp/done").readlines()[-200:])


result["ready"] = until(lambda: all(status(node, 8080, "/.platform/ready") == 200 for node in NODES)) and until(
    lambda: status(EDGE, 8404, "/ready") == 200
)
# Status of each request by its method and path, and the phase in which it began.
answers, phase, stop = {}, {"name": "idle"}, threading.Event()


def visit(number):
    connection = http.client.HTTPConnection(EDGE, 80, timeout=30)
    for count in range(10**9):
        if stop.is_set():
            return
        method, path, began = ["GET", "POST"][count % 2], f"/{number}/{count}", phase["name"]
        try:
            body = b"order" if method == "POST" else None
            connection.request(method, path, body=body, headers={"Host": "www.example.com"})
            answer = connection.getresponse()
            answer.read()
            answers[f"{method} {path}"] = [answer.status, began]
        except (OSError, http.client.HTTPException) as error:
            answers[f"{method} {path}"] = [str(error), began]
            connection.close()


visitors = [threading.Thread(target=visit, args=(number,)) for number in range(VISITORS)]
for visitor in visitors:
    visitor.start()
result["asked"] = until(lambda: len(answers) > 4000, 120)
phase["name"] = "replaced"
replaced = []
for address in replicas:
    former = processes[address]
    former.send_signal(signal.SIGUSR1)
    # It serves until both Traefiks have seen its health several times, as every replica must.
    time.sleep(2)
    former.terminate()
    former.wait()
    processes[address] = start(address)
    open("/tmp/done", "a").write("replaced\\n")
    replaced.append(until(lambda: answered_by(address)))
result["replaced"] = all(replaced)
phase["name"] = "killed"
killed = replicas[0]
time.sleep(0.5)
processes[killed].kill()
processes[killed].wait()
before = len(answers)
until(lambda: len(answers) > before + 500)
stop.set()
for visitor in visitors:
    visitor.join()

executions = collections.Counter(" ".join(line.split()[1:]) for line in open("/tmp/done") if line != "replaced\\n")
result["posts"] = sum(request.startswith("POST") for request in answers)
result["mostExecutions"] = {
    method: max(executions[request] for request in answers if request.startswith(method)) for method in ["GET", "POST"]
}
# An answer of a request that nobody did would be one of somebody else's.
result["undone"] = [request for request, answer in answers.items() if answer[0] == 200 and not executions[request]]
result["failed"] = {name: collections.Counter() for name in ["idle", "replaced", "killed"]}
for request, [answer, began] in answers.items():
    if answer != 200:
        result["failed"][began][request.split()[0]] += 1
result["examples"] = [[*item] for item in answers.items() if item[1][0] != 200][:10]
result["visitors"] = VISITORS
${ending}`;
