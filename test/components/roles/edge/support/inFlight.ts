import { ending, standIns } from "./standIns";

/**
 * Requests that a node is working on while it says that it is not ready, and while it vanishes as a machine without
 * power does: nothing answers any more, not even with a refusal.
 *
 * Usage: inFlight.py ENGINE
 */
export const inFlightScenario = `${standIns}
result["bothServe"] = until(lambda: min(share(10).values()) >= 3, 15)


def begin(method):
    """A slow request that app1 works on: its answer comes when the thread ends."""
    answer = []

    def visit():
        began = time.monotonic()
        status, content, _ = ask("http://127.0.0.1/page", method)
        node = json.loads(content)["node"] if status == 200 else None
        answer.extend([status, node, time.monotonic() - began])

    thread = threading.Thread(target=visit)
    while True:
        nodes["app1"].seen.clear()
        thread.start()
        if until(lambda: method in nodes["app1"].seen, 0.5):
            return thread, answer
        # It was the other node's turn, which answers at once.
        thread.join()
        answer.clear()
        thread = threading.Thread(target=visit)


nodes["app1"].seconds = 5
thread, result["getOfUnready"] = begin("GET")
nodes["app1"].ready, nodes["app1"].seconds = False, 0
result["notAsked"] = until(lambda: share(10)["app1"] == 0, 3.5)
result["stillWorking"] = thread.is_alive()
thread.join()
nodes["app1"].ready = True
result["backAfterUnready"] = until(lambda: share(10)["app1"] >= 3, 15)

nodes["app1"].seconds = 12
get, result["getOfVanished"] = begin("GET")
post, result["postOfVanished"] = begin("POST")
nodes["app2"].seen.clear()
rules = "table inet lab { chain input { type filter hook input priority 0; ip daddr 10.0.2.11 drop; ip saddr 10.0.2.11 drop; }; }"
subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
result["silent"] = subprocess.run(["curl", "-s", "-m", "1", "http://10.0.2.11:8080/"]).returncode
get.join()
post.join()
result["repeated"] = nodes["app2"].seen
${ending}`;
