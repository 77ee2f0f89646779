import { ending, standIns } from "./standIns";

/** Many visitors at a time while one node takes its time, and requests that every node refuses. */
export const balancingScenario = `${standIns}
until(lambda: min(share(10).values()) >= 3, 15)
nodes["app1"].seconds = 1
for node in nodes.values():
    node.seen = []
deadline = time.monotonic() + 3


def visit():
    while time.monotonic() < deadline:
        ask("http://127.0.0.1/page")
        time.sleep(0.05)


visitors = [threading.Thread(target=visit) for _ in range(12)]
[visitor.start() for visitor in visitors]
[visitor.join() for visitor in visitors]
result["share"] = {name: len(node.seen) for name, node in nodes.items()}
nodes["app1"].seconds = 0


def attempts(method):
    for node in nodes.values():
        node.seen = []
    status = ask("http://127.0.0.1/503", method)[0]
    return [status, sum(len(node.seen) for node in nodes.values())]


result["get"] = attempts("GET")
result["post"] = attempts("POST")
${ending}`;
