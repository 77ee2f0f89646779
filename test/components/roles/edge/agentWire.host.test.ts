import assert from "node:assert/strict";
import { firstAddress } from "../../../../components/roles/edge/addresses";
import { agentConfig } from "../../../../components/roles/edge/agent";
import { agentModules } from "../../../../components/roles/edge/agent/files";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { agentOptions, edge1, edge2, edgeOptions } from "./support/options";

const engines = {
  haproxy: { path: "/etc/haproxy/haproxy.cfg", config: haproxyConfig(edgeOptions), start: "haproxy -D -f" },
  nginx: { path: "/etc/platform/nginx.conf", config: nginxConfig(edgeOptions), start: "nginx -c" },
};

interface Asked {
  readonly private: { readonly problem: string; readonly state: { readonly vrrp: string } | null };
  readonly public: Asked["private"];
  /** What went over the wire meanwhile. */
  readonly wire: string;
  readonly processes: string;
}

/** Asks with the code of the second machine's agent, and writes down every byte that the kernel sends. */
const asker = `import json, socket, subprocess, sys, threading, time
sys.path.insert(0, "/tmp/agent")
from peer import Peer
from signing import Key

config = json.load(open("/tmp/asker.json"))
wire = []
listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
threading.Thread(target=lambda: [wire.append(listener.recv(65536)) for _ in iter(int, 1)], daemon=True).start()
peer = Peer(config["peer"], Key(config["peer"]["key"]))
peer.public.url = "http://127.0.0.1" + config["peer"]["publicPath"]
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    peer.private.ask()
    peer.public.ask()
    if peer.private.state and peer.public.state:
        break
    time.sleep(0.2)
time.sleep(0.5)
processes = subprocess.run("cat /proc/[0-9]*/cmdline", shell=True, capture_output=True).stdout
sides = {side.name: {"problem": side.problem, "state": side.state} for side in (peer.private, peer.public)}
text = lambda content: content.decode("latin-1")
print("RESULT " + json.dumps(sides | {"wire": text(b"".join(wire)), "processes": text(processes)}))
`;

async function ask(engine: keyof typeof engines): Promise<Asked> {
  const { path, config, start } = engines[engine];
  const modules = Object.entries(agentModules()).map(([name, text]) => [`/tmp/agent/${name}`, text]);
  const { output } = await inDebian13(
    `ip address add ${edge1.privateIp}/32 dev lo
# As keepalived does on the master.
ip address add 169.254.51.1/32 dev lo
mkfifo /run/vrrp.fifo
python3 /tmp/agent/agent.py /tmp/config.json /tmp/token /run/state.json >/tmp/agent.log 2>&1 &
${start} ${path} >/tmp/engine.log 2>&1 &
python3 /tmp/asker.py
cat /tmp/agent.log /tmp/engine.log`,
    {
      ...Object.fromEntries(modules),
      "/tmp/config.json": agentConfig(edge1, edge2, firstAddress, agentOptions).replace(
        "/run/platform-edge/",
        "/run/",
      ),
      "/tmp/asker.json": agentConfig(edge2, edge1, firstAddress, agentOptions),
      "/tmp/token": `${agentOptions.apiToken}\n`,
      "/tmp/asker.py": asker,
      [path]: config,
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  assert.doesNotMatch(output, /Traceback/);
  return JSON.parse(line.slice("RESULT ".length));
}

describe("what the pair's agents say to each other", function () {
  this.timeout(600_000);
  before(function () {
    if (whyNoDebian13() !== undefined) this.skip();
  });

  for (const engine of ["haproxy", "nginx"] as const) {
    it(`goes through ${engine} on both sides, signed; the key that signs is neither on the wire nor among the processes`, async () => {
      const { private: inside, public: outside, wire, processes } = await ask(engine);
      for (const { problem, state } of [inside, outside]) {
        assert.equal(problem, "");
        assert.equal(state?.vrrp, "MASTER");
      }
      // The capture sees what is in clear.
      assert.match(wire, /"vrrp": "MASTER"/);
      assert.match(wire, /X-Platform-Nonce: [0-9a-f]{32}/i);
      assert.match(processes, /agent\.py/);
      for (const secret of [agentOptions.pairKey, agentOptions.apiToken]) {
        assert.ok(!wire.includes(secret), "on the wire");
        assert.ok(!processes.includes(secret), "in a command line");
      }
      assert.ok(!processes.includes(agentOptions.statePass), "in a command line");
    });
  }
});
