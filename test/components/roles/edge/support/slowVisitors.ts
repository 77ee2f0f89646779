import { ending, standIns } from "./standIns";

/**
 * Visitors who send as slowly as they may, to hold connections and nodes, while another one wants a page.
 * `/tmp/slow.json`: connections in all, and addresses that they come from.
 */
export const slowVisitorsScenario = `${standIns}
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
COUNT, ADDRESSES = json.load(open("/tmp/slow.json"))
GOOD = "10.9.0.1"
SLOW = [f"10.9.1.{number + 1}" for number in range(ADDRESSES)]
for address in [GOOD, *SLOW]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
until(lambda: min(share(10).values()) >= 3, 15)


def pages(count):
    """Of somebody else: seconds that each page took, and what failed."""
    seconds, failed = [], []
    for _ in range(count):
        began = time.monotonic()
        connection = http.client.HTTPConnection(EDGE, 80, timeout=15, source_address=(GOOD, 0))
        try:
            connection.request("GET", "/page")
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append(answer.status)
        except OSError as error:
            failed.append(str(error))
        connection.close()
        seconds.append(time.monotonic() - began)
        time.sleep(0.02)
    return {"failed": failed, "worst": max(seconds), "median": sorted(seconds)[count // 2]}


def ending_of(visitor):
    """What a slow visitor was told before it was left; None: it still waits."""
    try:
        return (visitor.recv(4096)[9:12] or b"closed").decode()
    except BlockingIOError:
        return None
    except OSError:
        return "closed"


def attack(begin, piece):
    """Opens connections that send the beginning at once, and then a piece in each second."""
    visitors, stop = [], threading.Event()
    for number in range(COUNT):
        visitor = socket.socket()
        visitor.bind((SLOW[number % ADDRESSES], 0))
        visitor.setblocking(False)
        visitor.connect_ex((EDGE, 80))
        visitors.append(visitor)

    def drip():
        sent = set()
        while not stop.is_set():
            for visitor in visitors:
                try:
                    visitor.send(piece if visitor in sent else begin)
                    sent.add(visitor)
                except OSError:
                    pass
            stop.wait(1 if len(sent) == COUNT else 0.2)

    threading.Thread(target=drip, daemon=True).start()
    time.sleep(1)
    measured = pages(100)
    endings = {}

    def all_ended():
        for visitor in visitors:
            if endings.get(visitor) is None:
                endings[visitor] = ending_of(visitor)
        return None not in endings.values()

    # nginx gives a body 30 s between two pieces.
    until(all_ended, 15 if engine == "haproxy" else 5)
    stop.set()
    measured["endings"] = {str(told): list(endings.values()).count(told) for told in set(endings.values())}
    for visitor in visitors:
        visitor.close()
    return measured


result["before"] = pages(100)
result["heads"] = attack(b"GET /page HTTP/1.1\\r\\nHost: www.example.com\\r\\nX-Slow: ", b"x")
for node in nodes.values():
    node.seen = []
result["bodies"] = attack(b"POST /page HTTP/1.1\\r\\nHost: www.example.com\\r\\nContent-Length: 1000\\r\\n\\r\\n", b"x")
result["bodies"]["reached"] = sum(node.seen.count("POST") for node in nodes.values())
result["after"] = pages(20)
${ending}`;
