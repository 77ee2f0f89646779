import { pairAddresses, runtimeFolder } from "../../../../../components/roles/edge/addresses";
import { keepalivedConfig, keepalivedSetup } from "../../../../../components/roles/edge/keepalived";
import { inDebian13 } from "./debian13";
import { edge1, edge2 } from "./options";

/** Numbers of the addresses that each machine was master of, at the end of each part. */
export interface Election {
  readonly [part: string]: {
    readonly edge1: readonly number[];
    readonly edge2: readonly number[];
    readonly seconds: number | null;
  };
}

const addresses = pairAddresses("activeActive");
const returnDelay = 2;

const story = `import json, os, signal, subprocess, time
def sh(command): return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
places = {"edge1": "", "edge2": "ip netns exec other "}
markers = ${JSON.stringify(addresses.map(({ masterMarker }) => masterMarker))}
def masters(name):
    text = sh(places[name] + "ip -4 -o address show dev lo")
    return [place + 1 for place, marker in enumerate(markers) if marker in text]
def until(one, two, seconds):
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if (masters("edge1"), masters("edge2")) == (one, two): return round(time.monotonic() - begin, 2)
        time.sleep(0.05)
    return None
def start(name):
    command = f"{places[name]}keepalived -n -l -f /tmp/{name}.conf -p /run/{name}.pid -r /run/{name}-vrrp.pid -c /run/{name}-checkers.pid -b /run/{name}-bfd.pid"
    return subprocess.Popen(command.split(), stdout=open(f"/tmp/{name}.log", "a"), stderr=subprocess.STDOUT)
told = {}
def part(name, one, two, seconds):
    took = until(one, two, seconds)
    told[name] = {"edge1": masters("edge1"), "edge2": masters("edge2"), "seconds": took}
running = {name: start(name) for name in places}
part("both are well", [1], [2], 60)
for name in ["edge2", "edge1"]:
    running[name].terminate(); running[name].wait(10)
    part(f"{name} stops", [1, 2] if name == "edge2" else [], [] if name == "edge2" else [1, 2], 60)
    running[name] = start(name)
    part(f"{name} is back", [1], [2], 60)
sh(places["edge1"] + "ip link set pair0 down")
part("they do not hear each other", [1, 2], [1, 2], 60)
sh("ip link set pair0 up")
part("they hear each other again", [1], [2], 60)
for keepalived in running.values(): keepalived.terminate(); keepalived.wait(10)
print("RESULT", json.dumps(told))
`;

/** Answers whoever asks for the health of a load balancer. */
const health = `import http.server, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", 8404), Handler).serve_forever()
`;

const folderOf = (name: string) => `/run/${name}`;

function configOf(own: typeof edge1, other: typeof edge1): string {
  return keepalivedConfig(own, other, addresses)
    .replaceAll(runtimeFolder, folderOf(own.name))
    .replace(/preempt_delay \d+/, `preempt_delay ${returnDelay}`);
}

/** Two real keepalived with two addresses on a network of their own: who is master of which, story by story. */
export async function election(): Promise<{ readonly election: Election; readonly output: string }> {
  const check = keepalivedSetup(edge1, edge2, addresses).files.find(({ path }) => path.endsWith("/serves"));
  if (check === undefined) throw new Error("keepalived has a check");
  const folders = [edge1.name, edge2.name].map((name) => {
    const folder = folderOf(name);
    const inside = (path: string) => path.replace(runtimeFolder, folder);
    return [
      `mkdir -p ${folder}`,
      ...addresses.flatMap(({ notifyFifo, asideFile }) => [
        `mkfifo ${inside(notifyFifo)}`,
        `exec {held}<>${inside(notifyFifo)}`,
        `echo 0 >${inside(asideFile)}`,
      ]),
    ].join("\n");
  });
  const { output } = await inDebian13(
    `set -e
chmod 0755 ${check.path}
${folders.join("\n")}
ip netns add other
ip link add pair0 type veth peer name pair1 netns other
ip address add ${edge1.privateIp}/24 dev pair0; ip link set pair0 up
ip -n other address add ${edge2.privateIp}/24 dev pair1; ip -n other link set pair1 up; ip -n other link set lo up
python3 /tmp/health.py & ip netns exec other python3 /tmp/health.py &
python3 /tmp/story.py
cat /tmp/edge*.log
for fifo in /run/edge*/*.fifo; do echo "FIFO $fifo $(timeout 1 cat "$fifo" | grep -c MASTER || true)"; done`,
    {
      [check.path]: check.content,
      "/tmp/edge1.conf": configOf(edge1, edge2),
      "/tmp/edge2.conf": configOf(edge2, edge1),
      "/tmp/health.py": health,
      "/tmp/story.py": story,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  if (line === undefined) throw new Error(output);
  return { election: JSON.parse(line.slice("RESULT ".length)), output };
}
