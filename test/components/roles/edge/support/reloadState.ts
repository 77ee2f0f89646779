import { ending, standIns } from "./standIns";

/**
 * Reloads with a changed configuration, after changes at run time, and with a node that is down: what the new worker
 * believes about each server, beside what a fresh start of the same configuration believes.
 *
 * Usage: reloadState.py haproxy
 */
export const reloadStateScenario = `${standIns}
PATH = "/etc/haproxy/haproxy.cfg"
whole = open(PATH).read()


def admin(text):
    return subprocess.run(
        ["socat", "-t5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"], input=text + "\\n", capture_output=True, text=True
    ).stdout


def servers(backend="app"):
    lines = [line.split() for line in admin("show servers state " + backend).splitlines() if line]
    names = lines[1][1:]
    return {line[3]: dict(zip(names, line)) for line in lines[2:]}


def limits():
    lines = [line.split(",") for line in admin("show stat").splitlines()]
    head = [name.lstrip("# ") for name in lines[0]]
    return {line[1]: line[head.index("slim")] for line in lines if line[0] == "app" and line[1].startswith("app")}


def worker():
    return admin("show info").split("Pid: ")[1].split()[0]


def reload():
    before = worker()
    done = subprocess.run(["bash", "/tmp/reload-haproxy"], capture_output=True, text=True)
    assert done.returncode == 0, done
    assert until(lambda: worker() != before)


def facts():
    """Everything that configuration decides, of both servers."""
    moving = "srv_op_state srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_admin_state".split()
    found = {}
    for name, server in servers().items():
        # The lowest bit: a check is under way.
        state = int(server["srv_check_state"]) & ~1
        steady = {key: value for key, value in server.items() if key not in moving}
        found[name] = steady | {"srv_check_state": str(state), "maxconn": limits()[name]}
    return found


def restart():
    global proxy
    proxy.terminate()
    proxy.wait()
    proxy = subprocess.Popen(command, stdout=log, stderr=log)
    assert until(lambda: "Pid: " in admin("show info"))


def write(change):
    before, after = change
    changed = whole.replace(before, after)
    assert changed != whole, change
    with open(PATH, "w") as file:
        file.write(changed)


SERVER = "  server app1 10.0.2.11:8080 maxconn 1000\\n"
edited = lambda more: (SERVER, f"  server app1 {more}\\n")
CHANGES = {
    "the port": edited("10.0.2.11:8099 maxconn 1000"),
    "the address": edited("10.0.2.12:8080 maxconn 1000"),
    "address and port": edited("10.0.2.12:8099 maxconn 1000"),
    "the weight": edited("10.0.2.11:8080 maxconn 1000 weight 7"),
    "maxconn": edited("10.0.2.11:8080 maxconn 55"),
    "TLS": edited("10.0.2.11:8080 maxconn 1000 ssl verify none"),
    "port and address of the check": edited("10.0.2.11:8080 maxconn 1000 port 8098 addr 10.0.2.12"),
    "the agent check": edited("10.0.2.11:8080 maxconn 1000 agent-check agent-port 8097 agent-addr 10.0.2.12 agent-inter 60s"),
    "the id": edited("10.0.2.11:8080 maxconn 1000 id 77"),
    "a server before it": (SERVER, "  server app0 10.0.2.11:8080\\n" + SERVER),
}
AT_RUN_TIME = {
    "weight": "set server app/app1 weight 50%",
    "address and port": "set server app/app1 addr 10.0.2.12 port 8099",
    "the port of the check": "set server app/app1 check-port 8098",
    "checks switched off": "disable health app/app1",
    "maxconn": "set maxconn server app/app1 7",
}
result["changes"], result["atRunTime"] = {}, {}
for name, change in CHANGES.items():
    with open(PATH, "w") as file:
        file.write(whole)
    restart()
    admin("set server app/app2 state drain")
    write(change)
    reload()
    reloaded, drained = facts(), servers()["app2"]["srv_admin_state"]
    restart()
    result["changes"][name] = {"reloaded": reloaded, "fresh": facts(), "drained": drained}
with open(PATH, "w") as file:
    file.write(whole)
restart()
fresh = facts()
for name, line in AT_RUN_TIME.items():
    admin(line)
    reload()
    result["atRunTime"][name] = {"reloaded": facts(), "fresh": fresh}

result["checksGoOn"] = until(lambda: {server["srv_check_status"] for server in servers().values()} == {"15"}, 10)
result["kept"] = {}
for state in ["drain", "maint", "ready"]:
    admin("set server app/app1 state " + state)
    reload()
    reload()
    result["kept"][state] = int(servers()["app1"]["srv_admin_state"]) & 9
result["fileIsGone"] = not os.path.exists("/run/haproxy/server-state")

until(lambda: [server["srv_op_state"] for server in servers().values()] == ["2", "2"], 20)
for node in nodes.values():
    node.ready = node.name == "app1"
result["wentDown"] = until(lambda: servers()["app2"]["srv_op_state"] == "0")
nodes["app2"].seen.clear()
reload()
answers = [ask("http://127.0.0.1/page")[0] for _ in range(40)]
result["downStaysDown"] = {"state": servers()["app2"]["srv_op_state"], "asked": len(nodes["app2"].seen), "answers": sorted(set(answers))}
write(("10.0.2.12:8080 maxconn 1000", "10.0.2.12:8095 maxconn 1000"))
Node("moved", "10.0.2.12", 8095).start()
reload()
result["movedIsTried"] = until(lambda: servers()["app2"]["srv_op_state"] != "0", 3)
with open(PATH, "w") as file:
    file.write(whole)
nodes["app2"].ready = True
reload()
result["backUp"] = until(lambda: servers()["app2"]["srv_op_state"] == "2", 20)
${ending}`;
