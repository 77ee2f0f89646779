import { ending, standIns } from "./standIns";

/**
 * As many visitors as the load balancer takes and more; more requests than the nodes take; and bodies that nobody
 * reads. Each node takes 4 requests at a time, and a third one, `sink`, reads and writes nothing.
 *
 * Usage: capacity.py ENGINE VISITORS
 */
export const capacityScenario = `${standIns}
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
VISITORS = json.load(open("/tmp/visitors.json"))[engine]
until(lambda: min(share(10).values()) >= 3, 15)


def begun(count):
    """Visitors who send half of a request."""
    sockets = []
    for _ in range(count):
        visitor = socket.socket()
        visitor.setblocking(False)
        visitor.connect_ex(("127.0.0.1", 80))
        sockets.append(visitor)
    for visitor in sockets:
        until(lambda: sends(visitor), 2)
    return sockets


def sends(visitor):
    try:
        return visitor.send(b"GET /page HTTP/1.1\\r\\nHost: www.example.com\\r\\n") > 0
    except BlockingIOError:
        return False
    except OSError:
        # Refused: there are enough.
        return True


everybody = begun(VISITORS)
answers = []
for _ in range(10):
    began = time.monotonic()
    answers.append([ask(f"http://{EDGE}:8404" + path)[0] for path in ["/healthz", "/alive"]] + [time.monotonic() - began < 1.5])
result["healthOnFullMachine"] = answers
for visitor in everybody:
    visitor.close()
result["visitorsAgain"] = until(lambda: ask("http://127.0.0.1/page")[0] == 200, 15)


def burst(count, headers={}):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(ask("http://127.0.0.1/page", headers=headers)[0])) for _ in range(count)]
    for node in nodes.values():
        node.peak = 0
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    peak = max(node.peak for node in nodes.values())
    return {"peak": peak, "statuses": {str(status): statuses.count(status) for status in set(statuses)}}


for node in nodes.values():
    node.seconds = 0.5
result["shortBurst"] = burst(24)
for node in nodes.values():
    node.seconds = 4
result["longBurst"] = burst(24)
for node in nodes.values():
    node.seconds = 1
result["streams"] = burst(24, {"Accept": "text/event-stream"})
for node in nodes.values():
    node.kill()


def on_disk():
    """Bytes in files of nginx's folders that its processes have open, whether they have a name or not."""
    total = 0
    for process in os.listdir("/proc"):
        try:
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                path = f"/proc/{process}/fd/{descriptor}"
                if os.readlink(path).startswith(("/var/lib/nginx/", "/var/cache/")):
                    total += os.stat(path).st_size
        except OSError:
            continue
    return total


def sink(connection, answer):
    """Reads a head and nothing more; perhaps sends an answer without an end."""
    connection.recv(65536)
    if answer:
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 200000000\\r\\n\\r\\n")
        try:
            for _ in range(3000):
                connection.sendall(bytes(65536))
        except OSError:
            pass
    else:
        time.sleep(60)


def overflow(head, answer):
    """The most that is on the disk while a visitor sends 200 MB or reads none of them."""
    server = socket.create_server(("10.0.2.11", 8080))
    other = socket.create_server(("10.0.2.12", 8080))

    def accept(listener):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=sink, args=(connection, answer), daemon=True).start()

    for listener in [server, other]:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    time.sleep(1.5)
    visitor = socket.create_connection(("127.0.0.1", 80))
    visitor.sendall(head)
    visitor.setblocking(False)
    most, sent, deadline = 0, 0, time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            sent += visitor.send(bytes(1_000_000)) if not answer else 0
        except BlockingIOError:
            pass
        time.sleep(0.005)
        most = max(most, on_disk())
    visitor.close()
    for listener in [server, other]:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    return {"onDisk": most, "taken": sent}


result["upload"] = overflow(b"POST /page HTTP/1.1\\r\\nHost: www.example.com\\r\\nContent-Length: 200000000\\r\\n\\r\\n", False)
result["download"] = overflow(b"GET /page HTTP/1.1\\r\\nHost: www.example.com\\r\\n\\r\\n", True)
${ending}`;
