import { ending, standIns } from "./standIns";

/**
 * Requests that fail in every way: how often they reach an application, and what the visitor gets when.
 *
 * Usage: repetition.py ENGINE
 */
export const repetitionScenario = `${standIns}
result["bothServe"] = until(lambda: min(share(10).values()) >= 3, 15)


def executions(path, method="GET"):
    for node in nodes.values():
        node.seen.clear()
    began = time.monotonic()
    status, _, _ = ask("http://127.0.0.1" + path, method)
    seconds = time.monotonic() - began
    # What was given up is not begun late.
    time.sleep(0.3)
    return {"status": status, "executions": sum(len(node.seen) for node in nodes.values()), "seconds": seconds}


for method in ["GET", "POST"]:
    for path in ["/page", "/503", "/reset", "/slow"]:
        result[method + " " + path] = executions(path, method)
        # nginx leaves nodes that failed alone for a second.
        time.sleep(1.2)
nodes["app1"].kill()
result["GET refused"] = [executions("/page") for _ in range(4)]
result["POST refused"] = [executions("/page", "POST") for _ in range(4)]
${ending}`;
