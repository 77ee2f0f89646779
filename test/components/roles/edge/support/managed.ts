import { ending, standIns } from "./standIns";

/** Private address of Hetzner's load balancer. */
export const balancerAddress = "10.0.1.10";

/** Visitors through Hetzner's load balancer, which says who they are, and people who say it themselves. */
export const managedScenario = `${standIns}
BALANCER, VISITOR, OTHER = "${balancerAddress}", "203.0.113.9", "192.0.2.66"
for address in [BALANCER, OTHER]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)


def come(source, visitor=None, path="/page", headers=""):
    """Status and body of one request over a connection of its own."""
    try:
        with socket.create_connection((EDGE, 80), timeout=10, source_address=(source, 0)) as connection:
            line = f"PROXY TCP4 {visitor} {BALANCER} 40000 80\\r\\n" if visitor else ""
            connection.sendall((line + f"GET {path} HTTP/1.1\\r\\nHost: www.example.com\\r\\nConnection: close\\r\\n{headers}\\r\\n").encode())
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
    except OSError:
        return 0, b""
    head, _, body = answer.partition(b"\\r\\n\\r\\n")
    return (int(head.split()[1]) if head else 0), body


def seen(source, visitor=None, headers=""):
    status, body = come(source, visitor, headers=headers)
    told = {k.lower(): v for k, v in json.loads(body)["headers"].items()} if status == 200 else {}
    return [status, told.get("x-real-ip"), told.get("x-forwarded-for")]


forged = "X-Forwarded-For: 198.51.100.1\\r\\nX-Real-IP: 198.51.100.1\\r\\n"
result["through"] = seen(BALANCER, VISITOR, forged)
result["direct"] = seen(OTHER)
result["pretends"] = seen(OTHER, VISITOR)[0]
result["silent"] = seen(BALANCER)[0]
result["burst"] = [come(BALANCER, VISITOR)[0] for _ in range(12)]
result["neighbour"] = come(BALANCER, "203.0.113.10")[0]


def balanced():
    return ask(f"http://{EDGE}:8404/balanced")[0]


def tell(leaving):
    return subprocess.run(["socat", "-t", "5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"], input=f"set map /etc/haproxy/balanced.map leaving {leaving}\\n", text=True, capture_output=True).stdout.strip()


result["balanced"] = [balanced(), tell("yes"), balanced(), come(OTHER)[0], tell("no"), balanced()]
for node in nodes.values():
    node.kill()
result["unreachable"] = until(lambda: balanced() == 503)
${ending}`;
