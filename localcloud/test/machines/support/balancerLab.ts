// A local cloud with two servers that answer, and the load balancer before them.
import assert from "node:assert/strict";
import { type ExecaChildProcess, execa } from "execa";
import { findProxies } from "../../../src/loadBalancers/processes";
import { localCloudSettings } from "../../../src/settings/cloud";
import { namesOf } from "../../../src/settings/names";
import { eventually, inMachine, mustRun, ownLab } from "../lab";
import { type Json, RunningCloud } from "../runningCloud";

// Answers HTTP on 8080 with its name and what the proxy told it; on 8081 with the first line that it is sent.
const target = `import http.server, socket, socketserver, threading
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        forwarded = [self.headers.get("X-Forwarded-" + name, "-") for name in ("For", "Proto", "Port")]
        body = " ".join([socket.gethostname(), *forwarded]).encode() + b"\\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
socketserver.ThreadingTCPServer.allow_reuse_address = True
echo = socketserver.ThreadingTCPServer(("", 8081), Echo)
threading.Thread(target=echo.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8080), Answer).serve_forever()
`;

const environment = ownLab("lb", 2);

export class BalancerLab {
  readonly cloud = new RunningCloud({
    ...environment,
    LOCALCLOUD_DEDICATED_SERVERS: localCloudSettings(environment).internetAddress,
  });
  readonly names = namesOf(this.cloud.settings);
  network: Json;
  servers: Json[] = [];
  /** The one that is looked at. */
  balancer: Json;

  async up(): Promise<void> {
    const { api, command, settings, succeeds } = this.cloud;
    const up = await command("up");
    assert.equal(up.exitCode, 0, up.stderr);
    const made = await api("POST", "/networks", {
      name: "private",
      ip_range: "10.0.0.0/16",
      subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }],
    });
    this.network = made.network;
    const created = await Promise.all(["web1", "web2"].map((name) => this.#create(name)));
    for (const { action, next_actions } of created)
      for (const one of [action, ...next_actions]) await succeeds(one);
    this.servers = created.map(({ server }) => server);
    for (const { id } of this.servers) {
      await mustRun(settings, id, `cat >/root/target.py <<'EOF'\n${target}EOF`);
      await this.startTarget(id);
    }
  }

  #create(name: string): Promise<Json> {
    return this.cloud.api("POST", "/servers", {
      name,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      networks: [this.network.id],
      labels: { role: "web" },
    });
  }

  readonly act = async (name: string, body?: object) =>
    this.cloud.succeeds(
      (await this.cloud.api("POST", `/load_balancers/${this.balancer.id}/actions/${name}`, body)).action,
    );
  readonly read = async () =>
    (await this.cloud.api("GET", `/load_balancers/${this.balancer.id}`)).load_balancer;
  /** As a client outside of the cloud. */
  readonly outside = (...args: string[]) =>
    execa("ip", ["netns", "exec", this.names.internet, ...args], { reject: false });
  readonly curl = async (...args: string[]) =>
    (await this.outside("curl", "-s", "--max-time", "5", ...args)).stdout.trim();
  /** Who answered a number of requests, each over a connection of its own. */
  readonly answering = async (url: string, count = 8): Promise<string[]> => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push((await this.curl(url)).split(" ")[0] ?? "");
    return [...new Set(answers)].sort();
  };
  readonly health = async (listenPort: number): Promise<string[]> =>
    (await this.read()).targets.map(
      (row: Json) => row.health_status.find((entry: Json) => entry.listen_port === listenPort)?.status,
    );
  readonly isHealth = (listenPort: number, ...wanted: string[]) =>
    eventually(`health ${wanted} on ${listenPort}`, async () => {
      const found = await this.health(listenPort);
      return found.join() === wanted.join();
    });
  /** As soon as the machine's systemd takes orders. */
  readonly startTarget = (id: number) =>
    eventually("the target's service", async () => {
      const run = "systemd-run --quiet --collect --unit=target python3 /root/target.py";
      return (await inMachine(this.cloud.settings, id, run)).exitCode === 0;
    });
  readonly masters = async () => (await findProxies(this.cloud.settings)).get(this.balancer.id);

  /** Requests one after the other until it is told to stop; answers how many there were and how many failed. */
  readonly load = (url: string) => {
    const script = `trap 'echo "$n $bad"; exit' TERM; n=0; bad=0
while :; do n=$((n+1)); curl -sf --max-time 5 -o /dev/null ${url} || bad=$((bad+1)); echo; done`;
    const child: ExecaChildProcess = execa(
      "ip",
      ["netns", "exec", this.names.internet, "bash", "-c", script],
      {
        reject: false,
      },
    );
    let sent = 0;
    child.stdout?.on("data", (lines: Buffer) => {
      sent += lines.toString().length;
    });
    const stop = async () => {
      child.kill("SIGTERM");
      const [count, failed] = (await child).stdout.trim().split(" ").map(Number);
      return { count, failed };
    };
    return { stop, sent: () => sent };
  };
}
