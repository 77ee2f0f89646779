import { ending, standIns } from "./standIns";

/**
 * Nodes whose readiness is slow, fails or hangs while they answer visitors all the same.
 *
 * Usage: slowSite.py ENGINE
 */
export const slowSiteScenario = `${standIns}
admin = lambda text: subprocess.run(
    ["socat", "-t5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"], input=text + "\\n", capture_output=True, text=True
).stdout
states = lambda: [line.split(",")[17] for line in admin("show stat").splitlines() if line.startswith("app,app")]
status = lambda path: ask(f"http://{EDGE}:8404{path}")[0]
until(lambda: min(share(10).values()) >= 3, 15)


def every(**values):
    for node in nodes.values():
        for name, value in values.items():
            setattr(node, name, value)


def any_replica_of(content):
    headers = {name.lower(): value for name, value in json.loads(content)["headers"].items()}
    return headers.get("x-platform-any-replica")


def visit(seconds):
    """What visitors and keepalived see, and whether any replica may answer."""
    deadline, seen, any_replica = time.monotonic() + seconds, [], set()
    while time.monotonic() < deadline:
        code, content, _ = ask("http://127.0.0.1/page", "POST")
        seen.append(code)
        if code == 200:
            any_replica.add(any_replica_of(content))
        seen.append(status("/healthz") // 100 * 100)
        time.sleep(0.05)
    return {"statuses": sorted(set(seen)), "anyReplica": [*any_replica]}


def settled(ready):
    if engine == "haproxy":
        return until(lambda: (status("/ready") == 200) == ready, 20)
    return until(lambda: os.path.exists("/run/platform-edge-probe/nobody-ready") != ready, 30)


every(ready_after=2)
result["slow"] = visit(5)
result["slowStates"] = states() if engine == "haproxy" else []
every(ready_after=0, ready_status=204)
result["noContent"] = visit(2)
result["noContentStates"] = states() if engine == "haproxy" else []
# nginx asks one node at a time, and visitors take their turns between: which one it has asked by now is chance.
until(lambda: any(node.asked for node in nodes.values()), 20)
result["hosts"] = sorted(set().union(*(node.asked for node in nodes.values())))
every(ready_status=301)
result["redirectIsUnready"] = settled(False)
every(ready_status=200)
settled(True)
every(ready=False, always="/.platform/ping")
result["unready"] = settled(False)
result["allUnready"] = visit(1)
every(ready=True)
result["readyAgain"] = settled(True)
until(lambda: visit(0.1)["anyReplica"] == [None])
result["afterwards"] = visit(1)

nodes["app1"].ready = False
if engine == "haproxy":
    until(lambda: share(6)["app1"] == 0)
    result["oneUnready"] = share(20)
nodes["app1"].ready = True

forged = ask("http://127.0.0.1/page", headers={"X-Platform-Any-Replica": "yes"})
result["forged"] = any_replica_of(forged[1])
for node in nodes.values():
    node.kill()
result["unreachable"] = until(lambda: status("/healthz") >= 500, 10)
${ending}`;
