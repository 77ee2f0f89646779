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
  /** What the public page says to questions of others. */
  readonly visits: Readonly<Record<string, number>>;
  readonly flood: readonly number[];
}

/** Asks with the code of the second machine's agent, and writes down every byte that the kernel sends. */
const asker = `import json, socket, subprocess, sys, threading, time, urllib.error, urllib.request
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


def visit(question, nonce, former=None):
    """As somebody does who is no agent."""
    headers = {"X-Platform-Nonce": nonce, "X-Platform-Question": question, "X-Platform-Key": former}
    request = urllib.request.Request(peer.public.url, headers={name: value for name, value in headers.items() if value})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


path, nonce, now = config["peer"]["publicPath"], "00112233445566778899aabbccddeeff", int(time.time())
made = lambda server=config["peer"]["server"], at=now, secret=config["peer"]["key"]: Key(secret).question(server, path, nonce, at)
visits = {
    "the peer's": visit(made(), nonce),
    "none": visit(None, nonce),
    "made up": visit(f"{now}." + "0" * 64, nonce),
    "with another key": visit(made(secret="guessed"), nonce),
    "of an hour ago": visit(made(at=now - 3600), nonce),
    "of the next hour": visit(made(at=now + 3600), nonce),
    "for another machine": visit(made(server="prod-edge9"), nonce),
    "with another number": visit(made(), nonce[::-1]),
    "a guessed pass": visit(None, nonce, "0" * 64),
}
sniffed = b"".join(wire)
visits["of the release before"] = visit(None, nonce, config["peer"]["pass"])
processes = subprocess.run("cat /proc/[0-9]*/cmdline", shell=True, capture_output=True).stdout
sides = {side.name: {"problem": side.problem, "state": side.state} for side in (peer.private, peer.public)}
text = lambda content: content.decode("latin-1")
print("RESULT " + json.dumps(sides | {"visits": visits, "flood": sorted({visit(f"{now}." + "0" * 64, nonce) for _ in range(400)}), "wire": text(sniffed), "processes": text(processes)}))
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
      const { private: inside, public: outside, wire, processes, visits, flood } = await ask(engine);
      for (const { problem, state } of [inside, outside]) {
        assert.equal(problem, "");
        assert.equal(state?.vrrp, "MASTER");
      }
      // The capture sees what is in clear.
      assert.match(wire, /"vrrp": "MASTER"/);
      assert.match(wire, /X-Platform-Nonce: [0-9a-f]{32}/i);
      assert.match(processes, /agent\.py/);
      assert.match(wire, /X-Platform-Question: \d{10}\.[0-9a-f]{64}/i);
      const answered = Object.entries(visits).filter(([, status]) => status !== 404);
      assert.deepEqual(Object.fromEntries(answered), { "the peer's": 200, "of the release before": 200 });
      assert.equal(Object.keys(visits).length, 10);
      assert.deepEqual(flood, [404, engine === "haproxy" ? 429 : 503]);
      for (const secret of [agentOptions.pairKey, agentOptions.apiToken, agentOptions.statePass]) {
        assert.ok(!wire.includes(secret), "on the wire");
        assert.ok(!processes.includes(secret), "in a command line");
      }
      assert.ok(!processes.includes(agentOptions.statePass), "in a command line");
    });
  }
});
