import { firstAddress, pairAddresses } from "../../../../../components/roles/edge/addresses";
import { agentConfig } from "../../../../../components/roles/edge/agent";
import { agentModules } from "../../../../../components/roles/edge/agent/files";
import { keepalivedConfig, keepalivedSetup } from "../../../../../components/roles/edge/keepalived";
import { inDebian13 } from "./debian13";
import { agentOptions, edge1, edge2 } from "./options";

/** What each part of the story came to. */
export interface OutsideStory {
  /** Seconds until keepalived was no master any more, or null when it was for as long as anybody looked. */
  readonly [part: string]: number | null;
}

const peerPublic = "203.0.113.2";
const apiAddress = "198.51.100.1";

/** The API, the resolvers, the peer and the machine's own proxy: all on one loopback, whose packets can be dropped. */
const world = `import http.server, json, os, socket, subprocess, sys, threading, time
sys.path.insert(0, "/usr/local/lib/platform-edge")
from signing import Key, NONCE_HEADER, SIGNATURE_HEADER

OUTSIDE = {"peer": "${peerPublic}", "resolvers": "185.12.64.1, 185.12.64.2", "api": "${apiAddress}"}
key = Key("${agentOptions.pairKey}")
# Since when the peer has reached nobody; None: it reaches somebody.
peer_lost_at = None
peer_talks = True

def sh(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

def http_server(address, port, answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content, headers = answer(self.path, self.headers)
            self.send_response(200 if content is not None else 503)
            body = (content or "").encode()
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads = True
    # Who only looks whether somebody is there throws the connection away.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()

def api(path, _):
    if "servers" in path:
        own = "${edge1.hostname}" in path
        ip = "203.0.113.1" if own else "${peerPublic}"
        return json.dumps({"servers": [{"id": 1 if own else 2, "public_net": {"ipv4": {"ip": ip}}}]}), {}
    if "floating_ips" in path:
        return json.dumps({"floating_ip": {"id": 7, "server": 1}}), {}
    return json.dumps({"network": {"routes": [{"destination": "0.0.0.0/0", "gateway": "${edge1.privateIp}"}]}}), {}

def peer(path, headers):
    if not peer_talks:
        return None, {}
    age = 0.1 if peer_lost_at is None else time.monotonic() - peer_lost_at + 0.1
    content = json.dumps({"vrrp": "BACKUP", "serves": True, "outsideAge": age})
    return content, {SIGNATURE_HEADER: key.sign("${edge2.hostname}", headers.get(NONCE_HEADER, ""), content.encode())}

def resolver(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    def serve():
        while True:
            query, asker = server.recvfrom(512)
            # Refused, which is an answer.
            server.sendto(query[:2] + b"\\x81\\x85" + query[4:], asker)
    threading.Thread(target=serve, daemon=True).start()

for address in ["${edge1.privateIp}", "${edge2.privateIp}", "${peerPublic}", "${apiAddress}", "185.12.64.1", "185.12.64.2"]:
    sh(f"ip address add {address}/32 dev lo")
http_server("127.0.0.1", 8404, lambda path, _: ("yes", {}))
http_server("${edge2.privateIp}", 8404, peer)
http_server("${peerPublic}", 80, peer)
http_server("${apiAddress}", 80, api)
resolver("185.12.64.1")
resolver("185.12.64.2")
`;

const story = `
def is_master():
    return "169.254.51.1" in sh("ip -4 -o address show dev lo")

def cut(*names):
    rules = "".join(f"ip daddr {{ {OUTSIDE[name]} }} drop\\n" for name in names)
    text = "table ip cut\\ndelete table ip cut\\ntable ip cut { chain output { type filter hook output priority 0;\\n" + rules + "}\\n}\\n"
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)

def until(is_so, seconds):
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if is_so():
            return round(time.monotonic() - begin, 2)
        time.sleep(0.02)
    return None

agent = subprocess.Popen(["python3", "-s", "-E", "/usr/local/lib/platform-edge/agent.py", "/tmp/agent.json", "/tmp/token", "/tmp/state.json"], stderr=open("/tmp/agent.log", "w"))
keepalived = subprocess.Popen(["keepalived", "-n", "-l", "-f", "/tmp/keepalived.conf"], stdout=open("/tmp/keepalived.log", "w"), stderr=subprocess.STDOUT)
told = {"master at first": until(is_master, 20)}
until(lambda: os.path.exists("/tmp/state.json") and json.load(open("/tmp/state.json"))["outsideAge"] is not None, 10)
# The peer's address is learned from the API.
until(lambda: json.load(open("/tmp/state.json"))["server"] == 1, 10)

def part(name, cuts, seconds):
    global peer_lost_at, peer_talks
    cut(*cuts)
    told[name] = until(lambda: not is_master(), seconds)
    cut()
    peer_lost_at, peer_talks = None, True
    told[name + ", and back"] = until(is_master, 20)

quiet = 3
part("all are silent", ["peer", "resolvers", "api"], 20)
part("only the peer answers", ["resolvers", "api"], quiet)
part("only the resolvers answer", ["peer", "api"], quiet)
part("only the API answers", ["peer", "resolvers"], quiet)
peer_lost_at = time.monotonic()
part("all are silent, for the peer too", ["peer", "resolvers", "api"], quiet)
peer_talks = False
part("all are silent, and the peer says nothing", ["peer", "resolvers", "api"], quiet)
keepalived.terminate(); keepalived.wait(10)
agent.kill(); agent.wait()
print("AGENT", open("/tmp/agent.log").read().replace("\\n", "; "))
print("RESULT", json.dumps(told))
`;

/** The real keepalived beside the real agent, whose public side is cut in several ways. */
export async function outsideStory(): Promise<{ readonly story: OutsideStory; readonly output: string }> {
  const modules = Object.entries(agentModules()).map(
    ([name, content]) => [`/usr/local/lib/platform-edge/${name}`, content] as const,
  );
  const check = keepalivedSetup(edge1, edge2, pairAddresses()).files.filter(({ path }) =>
    path.endsWith("/serves"),
  );
  const { output } = await inDebian13(
    `chmod 0755 /usr/local/lib/platform-edge /usr/local/lib/platform-edge/serves
mkdir -p /run/platform-edge
mkfifo /run/platform-edge/vrrp.fifo
echo 0 | tee /run/platform-edge/aside >/run/platform-edge/owner
echo token >/tmp/token
python3 /tmp/story.py`,
    {
      ...Object.fromEntries(modules),
      ...Object.fromEntries(check.map(({ path, content }) => [path, content])),
      "/tmp/agent.json": agentConfig(edge1, edge2, firstAddress, {
        ...agentOptions,
        apiEndpoint: `http://${apiAddress}/v1`,
      }),
      "/tmp/keepalived.conf": keepalivedConfig(edge1, edge2, pairAddresses()),
      "/tmp/story.py": world + story,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  if (line === undefined) throw new Error(output);
  return { story: JSON.parse(line.slice("RESULT ".length)) as OutsideStory, output };
}
