import type { EdgeOptions } from "../../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../../components/roles/edge/haproxy";
import { edge1, edge2, edgeOptions, looksLikeQuestion } from "./options";
import { ending, standIns } from "./standIns";

const addresses = `CLIENTS = {"a": "10.9.0.1", "b": "10.9.0.2", "c": "10.9.0.3", "d": "10.9.0.4", "e": "10.9.0.5", "f": "10.9.0.6"}
NETWORKS = {"one": "2001:db8:1::1", "other half": "2001:db8:1::2:1", "another": "2001:db8:1:1::1"}
for address in CLIENTS.values():
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
for address in [*NETWORKS.values(), "2001:db8::1"]:
    subprocess.run(["ip", "address", "add", address + "/128", "dev", "lo", "nodad"], check=True)


def visit(client, path="/page", target=EDGE, headers={}):
    """The status, and what a client that is refused is told to wait."""
    connection = http.client.HTTPConnection(target, 80, timeout=15, source_address=(client, 0))
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return [answer.status, answer.getheader("Retry-After")]
    except OSError:
        return [0, None]
    finally:
        connection.close()
`;

/** Python that counts up to \`burst\` for each client; nobody is given more before the test ends. */
export const limitsScenario = `${standIns}${addresses}
BURST, CONNECTIONS = json.load(open("/tmp/limits.json"))
A, B, C, D, E, F = CLIENTS.values()
began = time.monotonic()
result["burst"] = [visit(A) for _ in range(BURST + 10)]
result["seconds"] = time.monotonic() - began
paths = ["/health/live", "/health", "/assets/app.js", "/healthy", "/assets/../page", "/assets/%2e%2e/page", "/assets//../page"]
result["paths"] = {path: visit(A, path)[0] for path in paths}
result["state"] = visit(A, "/.well-known/platform-edge", headers={"X-Platform-Question": "${looksLikeQuestion}"})[0]
result["otherClient"] = visit(B)[0]

result["firstOfNetwork"] = [visit(NETWORKS["one"], target="2001:db8::1")[0] for _ in range(BURST)]
result["sameNetwork"] = visit(NETWORKS["other half"], target="2001:db8::1")[0]
result["otherNetwork"] = visit(NETWORKS["another"], target="2001:db8::1")[0]

for node in nodes.values():
    node.seconds = 2
urls = [f"http://{EDGE}/page"] * (3 * CONNECTIONS)
parallel = ["curl", "-Z", "--parallel-max", "100", "--http2-prior-knowledge", "-s", "-w", "%{stderr}%{http_code}\\n", "--interface", D]
if engine == "haproxy":
    codes = subprocess.run([*parallel, *urls], capture_output=True, text=True).stderr.split()
    result["atATime"] = {code: codes.count(code) for code in set(codes)}
for node in nodes.values():
    node.seconds = 0


def opened(client):
    try:
        return [socket.create_connection((EDGE, 80), 5, (client, 0))]
    except OSError:
        return []


def is_open(connection):
    connection.settimeout(0.5)
    try:
        return connection.recv(1) != b""
    except socket.timeout:
        return True
    except OSError:
        return False


def answered_before(target, refused):
    """Requests of a client that has had its share, until somebody refuses one; None: nobody does."""
    for count in range(BURST // 2):
        if visit(refused, target=target)[0] == 429:
            return count
        time.sleep(0.2)
    return None


if engine == "haproxy":
    open_ones = sum((opened(E) for _ in range(2 * CONNECTIONS)), [])
    result["connections"] = sum(map(is_open, open_ones))
    result["besidesThem"] = visit(F)[0]
    for connection in open_ones:
        connection.close()
    result["connectionsAgain"] = until(lambda: visit(E)[0] == 200)

    PEER = "10.0.1.12"
    subprocess.run(["ip", "address", "add", PEER + "/32", "dev", "lo"], check=True)
    start_peer = lambda: subprocess.Popen(["haproxy", "-Ws", "-f", "/tmp/edge2.cfg"], stdout=log, stderr=log)
    peer = start_peer()
    until(lambda: visit(B, target=PEER)[0] == 200)
    result["answeredByPeer"] = answered_before(PEER, A)
    result["otherClientOfPeer"] = visit(B, target=PEER)[0]
    peer.terminate()
    peer.wait()

    reload = subprocess.run(["bash", "/tmp/reload-haproxy"], capture_output=True, text=True)
    result["reload"] = [reload.returncode, reload.stdout + reload.stderr]
    result["answeredAfterReload"] = answered_before(EDGE, A)

    # What the peer has counted for itself counts here as well.
    peer = start_peer()
    until(lambda: visit(B, target=PEER)[0] == 200)
    result["asksPeer"] = [visit(C, target=PEER)[0] for _ in range(BURST)]
    result["answeredAfterPeer"] = answered_before(EDGE, C)
    peer.terminate()
    peer.wait()
${ending}`;

/** A client that asks without a pause for some seconds, and then waits as it is told. */
export const patienceScenario = `${standIns}${addresses}
SECONDS = 6
A, B, *_ = CLIENTS.values()
statuses, told, deadline = [], None, time.monotonic() + SECONDS
while time.monotonic() < deadline:
    status, wait = visit(A)
    statuses.append(status)
    told = wait or told
result["asked"] = len(statuses)
result["answered"] = statuses.count(200)
result["refused"] = statuses.count(429)
result["told"] = told
time.sleep(int(told))
result["afterwards"] = visit(A)[0]
${ending}`;

/** Both load balancers share one network here. */
export function inSharedNetwork(config: string): string {
  return config.replace("  bind :80\n", "  bind 10.0.1.11:80\n  bind 127.0.0.1:80\n");
}

/** The configuration of the other load balancer, beside the first one. */
export function peerConfig(options: EdgeOptions = edgeOptions): string {
  return haproxyConfig({ ...options, machine: edge2, peer: edge1, ipv6: false })
    .replace("  bind :80\n", "  bind 10.0.1.12:80\n")
    .replaceAll("admin.sock", "admin2.sock")
    .replaceAll("127.0.0.1:8404", "127.0.0.2:8404")
    .replaceAll(/(10\.0\.2\.\d+):80\b/g, "$1:8080");
}
