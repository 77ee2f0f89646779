import { firstAddress, pairAddresses } from "../../../../../components/roles/edge/addresses";
import { keepalivedConfig, keepalivedSetup } from "../../../../../components/roles/edge/keepalived";
import { inDebian13 } from "./debian13";
import { edge1, edge2 } from "./options";

const machines = [edge1, edge2] as const;

/** What keepalived of one machine reads, with paths of its own: both run in one root here. */
function configOf(index: 0 | 1): string {
  const [own, peer] = index === 0 ? [edge1, edge2] : [edge2, edge1];
  return keepalivedConfig(own, peer, pairAddresses())
    .replaceAll(firstAddress.ownerFile, `/run/platform-edge/owner${index}`)
    .replaceAll(firstAddress.notifyFifo, `/run/platform-edge/fifo${index}`);
}

/** Which of the two has the address stands in a file. */
const story = `import http.server, json, subprocess, sys, threading, time

def sh(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True)

names = ["one", "two"]
owner = int(open("/tmp/owner").read())
addresses = ${JSON.stringify(machines.map(({ privateIp }) => privateIp))}
sh("mkdir -p /run/netns /run/platform-edge; echo 0 >/run/platform-edge/aside")
for index, name in enumerate(names):
    open(f"/run/platform-edge/owner{index}", "w").write(f"{int(index == owner)}\\n")
    sh(f"ip netns add {name}; ip -n {name} link set lo up")
sh("ip -n one link add wire type veth peer name wire netns two")
for name, address in zip(names, addresses):
    sh(f"ip -n {name} address add {address}/16 dev wire; ip -n {name} link set wire up")

healthy = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(('', 8404), Handler).serve_forever()
"""
running = []
for index, name in enumerate(names):
    enter = ["ip", "netns", "exec", name]
    running.append(subprocess.Popen(enter + ["python3", "-c", healthy]))
    log = open(f"/tmp/{name}.log", "w")
    # Each process of it has a file of its own, which a second one finds locked.
    files = [word for option in ["-p", "-r", "-c", "-b"] for word in [option, f"/run/{name}{option}.pid"]]
    keepalived = ["keepalived", "-n", "-l", "-f", f"/tmp/{index}.conf"] + files
    running.append(subprocess.Popen(enter + keepalived, stdout=log, stderr=log))

def masters():
    return [name for name in names if "169.254.51.1" in sh(f"ip -n {name} -4 -o address show dev lo").stdout]

def until(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_so():
        time.sleep(0.05)
    return masters()

told = {"first": until(lambda: len(masters()) == 1)}
for name in names:
    cut = "table ip cut { chain input { type filter hook input priority 0;\\nip protocol 112 drop\\n}\\n}\\n"
    subprocess.run(["ip", "netns", "exec", name, "nft", "-f", "-"], input=cut, text=True, check=True)
told["cut"] = until(lambda: len(masters()) == 2)
for name in names:
    sh(f"ip netns exec {name} nft delete table ip cut")
told["healed"] = until(lambda: len(masters()) == 1)
time.sleep(1)
told["rest"] = masters()
for process in running:
    process.kill()
for name in names:
    print(name, open(f"/tmp/{name}.log").read())
print("RESULT", json.dumps(told))
`;

/** Names of the masters, at each stage: `one`, `two`. */
export type TwoMasters = Readonly<Record<"first" | "cut" | "healed" | "rest", readonly string[]>>;

/** Two real keepalived, between which VRRP is cut and healed, while one of the machines has the address. */
export async function twoMasters(
  owner: 0 | 1,
): Promise<{ readonly told: TwoMasters; readonly output: string }> {
  const check = keepalivedSetup(edge1, edge2, pairAddresses()).files.filter(({ path }) =>
    path.endsWith("/serves"),
  );
  const { output } = await inDebian13(
    "chmod 0755 /usr/local/lib/platform-edge /usr/local/lib/platform-edge/serves\npython3 /tmp/story.py",
    {
      ...Object.fromEntries(check.map(({ path, content }) => [path, content])),
      "/tmp/0.conf": configOf(0),
      "/tmp/1.conf": configOf(1),
      "/tmp/owner": String(owner),
      "/tmp/story.py": story,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  if (line === undefined) throw new Error(output);
  return { told: JSON.parse(line.slice("RESULT ".length)) as TwoMasters, output };
}
