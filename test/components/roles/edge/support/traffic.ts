import { looksLikeQuestion } from "./options";
import { ending, standIns } from "./standIns";

/**
 * Visitors while all is well, while nodes fail and come back, and over a reload.
 *
 * Usage: traffic.py ENGINE
 */
export const trafficScenario = `${standIns}
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
keyed = ask("http://127.0.0.1/.well-known/platform-edge", headers={"X-Platform-Question": "${looksLikeQuestion}"})
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

${ending}`;
