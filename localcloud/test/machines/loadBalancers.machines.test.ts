import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecaChildProcess, execa } from "execa";
import { readStatus } from "../../src/control/socket";
import { listNamespaces } from "../../src/linux/ip";
import { leftovers } from "../../src/linuxHost/remove";
import { findProxies } from "../../src/loadBalancers/processes";
import { findInit } from "../../src/machines/boot";
import { localCloudSettings } from "../../src/settings/cloud";
import { namesOf } from "../../src/settings/names";
import { makePems, type Pems } from "../api/certificates/pems";
import { eventually, inMachine, mustRun, ownLab, whyNoMachines } from "./lab";

const root = join(__dirname, "../../..");

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

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
type Json = any;

describe("load balancers of a local cloud that runs", function () {
  this.timeout(300_000);
  const environment = ownLab("lb", 2);
  const settings = localCloudSettings(environment);
  const names = namesOf(settings);
  let pems: Pems;
  let folder: string;
  let network: Json;
  let servers: Json[] = [];
  let balancer: Json;

  const command = (...args: string[]) =>
    execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: { ...environment, LOCALCLOUD_DEDICATED_SERVERS: settings.internetAddress },
      reject: false,
    });
  const call = async (method: string, path: string, body?: object): Promise<Json> => {
    const response = await fetch(`http://127.0.0.1:${settings.apiPort}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${settings.tokens.local}`,
        "content-type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const ended = (action: Json) =>
    eventually(`${action.command}`, async () => {
      const now = (await call("GET", `/actions/${action.id}`)).action;
      assert.notEqual(now.status, "error", JSON.stringify(now.error));
      return now.status === "success";
    });
  const act = async (name: string, body?: object) =>
    ended((await call("POST", `/load_balancers/${balancer.id}/actions/${name}`, body)).action);
  const read = async () => (await call("GET", `/load_balancers/${balancer.id}`)).load_balancer;
  /** As a client outside of the cloud. */
  const outside = (...args: string[]) =>
    execa("ip", ["netns", "exec", names.internet, ...args], { reject: false });
  const curl = async (...args: string[]) =>
    (await outside("curl", "-s", "--max-time", "5", ...args)).stdout.trim();
  /** Who answered a number of requests, each over a connection of its own. */
  const answering = async (url: string, count = 8): Promise<string[]> => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push((await curl(url)).split(" ")[0] ?? "");
    return [...new Set(answers)].sort();
  };
  const health = async (listenPort: number): Promise<string[]> =>
    (await read()).targets.map(
      (row: Json) => row.health_status.find((entry: Json) => entry.listen_port === listenPort)?.status,
    );
  const isHealth = (listenPort: number, ...wanted: string[]) =>
    eventually(`health ${wanted} on ${listenPort}`, async () => {
      const found = await health(listenPort);
      return found.join() === wanted.join();
    });
  /** As soon as the machine's systemd takes orders. */
  const startTarget = (id: number) =>
    eventually("the target's service", async () => {
      const run = "systemd-run --quiet --collect --unit=target python3 /root/target.py";
      return (await inMachine(settings, id, run)).exitCode === 0;
    });
  const masters = async () => (await findProxies(settings)).get(balancer.id);

  /** Requests one after the other until it is told to stop; answers how many there were and which failed. */
  const load = (url: string) => {
    const script = `trap 'echo "$n $bad"; exit' TERM; n=0; bad=0
while :; do n=$((n+1)); curl -sf --max-time 5 -o /dev/null ${url} || bad=$((bad+1)); done`;
    const child: ExecaChildProcess = execa("ip", ["netns", "exec", names.internet, "bash", "-c", script], {
      reject: false,
    });
    return async () => {
      child.kill("SIGTERM");
      const [count, failed] = (await child).stdout.trim().split(" ").map(Number);
      return { count, failed };
    };
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "localcloud-lb-"));
    pems = await makePems("shop.example");
    await writeFile(join(folder, "shop.pem"), pems.certificate);
    const up = await command("up");
    assert.equal(up.exitCode, 0, up.stderr);
    network = (
      await call("POST", "/networks", {
        name: "private",
        ip_range: "10.0.0.0/16",
        subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }],
      })
    ).network;
    const created = await Promise.all(
      ["web1", "web2"].map((name) =>
        call("POST", "/servers", {
          name,
          server_type: "cx23",
          image: "debian-13",
          location: "fsn1",
          networks: [network.id],
          labels: { role: "web" },
        }),
      ),
    );
    for (const { action, next_actions } of created)
      for (const one of [action, ...next_actions]) await ended(one);
    servers = created.map(({ server }) => server);
    for (const { id } of servers) {
      await mustRun(settings, id, `cat >/root/target.py <<'EOF'\n${target}EOF`);
      await startTarget(id);
    }
  });

  after(async () => {
    if (whyNoMachines() !== undefined) return;
    await command("down");
    await rm(folder, { recursive: true, force: true });
  });

  it("answers on its public address with both targets, and tells them who asks", async () => {
    const { certificate } = await call("POST", "/certificates", {
      name: "shop",
      certificate: pems.certificate,
      private_key: pems.key,
    });
    const check = { protocol: "http", port: 8080, interval: 3, timeout: 2, retries: 1, http: { path: "/" } };
    const http = { protocol: "http", destination_port: 8080, health_check: check };
    const { load_balancer, action } = await call("POST", "/load_balancers", {
      name: "edge",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [
        http,
        { ...http, protocol: "https", http: { certificates: [certificate.id] } },
        {
          protocol: "tcp",
          listen_port: 8081,
          destination_port: 8081,
          proxyprotocol: true,
          health_check: { protocol: "tcp", port: 8080, interval: 3, timeout: 2, retries: 1 },
        },
      ],
      targets: servers.map(({ id }) => ({ type: "server", server: { id } })),
    });
    balancer = load_balancer;
    await ended(action);
    await isHealth(80, "healthy", "healthy");
    const { ip } = balancer.public_net.ipv4;
    assert.deepEqual(await answering(`http://${ip}/`), ["web1", "web2"]);
    assert.match(await curl(`http://${ip}/`), new RegExp(`^web[12] ${settings.internetAddress} http 80$`));
  });

  it("answers https with the uploaded certificate", async () => {
    const { ip } = balancer.public_net.ipv4;
    const answer = await curl(
      "--cacert",
      join(folder, "shop.pem"),
      "--resolve",
      `shop.example:443:${ip}`,
      "https://shop.example/",
    );
    assert.match(answer, new RegExp(`^web[12] ${settings.internetAddress} https 443$`));
    assert.notEqual((await outside("curl", "-s", `https://${ip}/`)).exitCode, 0, "nobody else trusts it");
  });

  it("answers over IPv6", async function () {
    const { ip } = balancer.public_net.ipv6;
    if ((await outside("ping", "-6", "-c1", "-W2", ip)).exitCode !== 0) {
      console.log("      skipped: no IPv6 on this host");
      this.skip();
    }
    assert.match(await curl("-g", `http://[${ip}]/`), /^web[12] /);
  });

  it("speaks the proxy protocol to its targets", async () => {
    const { ip } = balancer.public_net.ipv4;
    const line = await outside("bash", "-c", `exec 3<>/dev/tcp/${ip}/8081; echo hello >&3; head -1 <&3`);
    const shape = new RegExp(`^PROXY TCP4 ${settings.internetAddress} ${ip} \\d+ 8081\\r?$`);
    assert.match(line.stdout, shape);
  });

  it("takes a dead target out, says unhealthy, and takes it in again", async () => {
    const { ip } = balancer.public_net.ipv4;
    const [first] = servers;
    await mustRun(settings, first.id, "systemctl stop target");
    await isHealth(80, "unhealthy", "healthy");
    await isHealth(8081, "unhealthy", "healthy");
    assert.deepEqual(await answering(`http://${ip}/`), ["web2"]);
    await startTarget(first.id);
    await isHealth(80, "healthy", "healthy");
    assert.deepEqual(await answering(`http://${ip}/`), ["web1", "web2"]);
  });

  it("loses no request while it is changed, and keeps what it knows of its targets", async () => {
    const { ip } = balancer.public_net.ipv4;
    const [first] = servers;
    await mustRun(settings, first.id, "systemctl stop target");
    await isHealth(80, "unhealthy", "healthy");
    const stop = load(`http://${ip}/`);
    const master = (await masters())?.master?.pid;
    for (const type of ["least_connections", "round_robin", "least_connections"]) {
      await act("change_algorithm", { type });
      assert.deepEqual(await health(80), ["unhealthy", "healthy"]);
    }
    await act("add_service", { protocol: "tcp", listen_port: 9000, destination_port: 8080 });
    await act("delete_service", { listen_port: 9000 });
    const { count, failed } = await stop();
    assert.ok((count ?? 0) > 20, `${count} requests`);
    assert.equal(failed, 0);
    assert.equal((await masters())?.master?.pid, master, "the same process");
    await startTarget(first.id);
    await isHealth(80, "healthy", "healthy");
  });

  it("says of no proxy that it ended while it is only made, changed and reloaded", async () => {
    const log = await readFile(settings.paths.daemonLog, "utf8");
    assert.doesNotMatch(log, /load balancer/);
  });

  it("goes on when the daemon is killed, and is found again instead of doubled", async () => {
    const { ip } = balancer.public_net.ipv4;
    const stop = load(`http://${ip}/`);
    const before = await masters();
    const status = await readStatus(settings);
    assert.ok(status !== undefined && before?.master !== undefined);
    process.kill(status.pid, "SIGKILL");
    await eventually("the daemon is gone", async () => (await readStatus(settings)) === undefined);
    assert.equal((await command("up")).exitCode, 0);
    const { failed } = await stop();
    assert.equal(failed, 0);
    const now = await masters();
    assert.equal(now?.master?.pid, before.master.pid);
    assert.equal(now?.all.length, 2, "a master and a worker");
    await isHealth(80, "healthy", "healthy");
  });

  it("is started again when its proxy dies", async () => {
    const { ip } = balancer.public_net.ipv4;
    const pid = (await masters())?.master?.pid ?? 0;
    process.kill(pid, "SIGKILL");
    await eventually("another proxy", async () => {
      const master = (await masters())?.master;
      return master !== undefined && master.pid !== pid && (await curl(`http://${ip}/`)) !== "";
    });
  });

  it("tells the traffic that it carried", async () => {
    const { ip } = balancer.public_net.ipv4;
    const start = new Date(Date.now() - 120_000).toISOString();
    await answering(`http://${ip}/`, 5);
    await eventually("traffic", async () => (await read()).outgoing_traffic > 5_000);
    await eventually("a rate", async () => {
      const query = `type=requests_per_second,bandwidth&start=${start}&end=${new Date().toISOString()}&step=1`;
      const { metrics } = await call("GET", `/load_balancers/${balancer.id}/metrics?${query}`);
      return metrics.time_series.requests_per_second.values.some(
        ([, value]: [number, string]) => Number(value) > 0,
      );
    });
  });

  it("reaches an IP target outside of the cloud", async () => {
    const ip = { type: "ip", ip: { ip: settings.internetAddress } };
    await act("add_target", ip);
    await isHealth(80, "healthy", "healthy", "unhealthy");
    await act("remove_target", ip);
  });

  it("reaches private targets by label, with its public interface off", async () => {
    for (const { id } of servers) await act("remove_target", { type: "server", server: { id } });
    await act("attach_to_network", { network: network.id, ip: "10.0.1.200" });
    const label_selector = { selector: "role=web" };
    await act("add_target", { type: "label_selector", label_selector, use_private_ip: true });
    await act("disable_public_interface");
    const { ip } = balancer.public_net.ipv4;
    assert.equal(await curl("--max-time", "1", `http://${ip}/`), "");
    const [first] = servers;
    await eventually("answers inside", async () => {
      const answers = await mustRun(
        settings,
        first.id,
        "for i in 1 2 3 4 5 6; do curl -s --max-time 3 http://10.0.1.200/ || true; done",
      );
      return answers.includes("web1 10.0.1.") && answers.includes("web2 10.0.1.");
    });
    const [selected] = (await read()).targets;
    assert.deepEqual(
      selected.targets.map((row: Json) => row.health_status[0].status),
      ["healthy", "healthy"],
    );
    await act("enable_public_interface");
    assert.match(await curl(`http://${ip}/`), /^web[12] /);
  });

  it("goes with its processes and its namespace, and leaves the machines alone", async () => {
    await call("DELETE", `/load_balancers/${balancer.id}`);
    await eventually("the end", async () => {
      const spaces = await listNamespaces();
      return (await masters()) === undefined && !spaces.includes(names.loadBalancer(balancer.id));
    });
    assert.ok((await findInit(settings, servers[0].id)) !== undefined);
  });

  it("leaves nothing behind when the cloud goes down with a load balancer", async () => {
    const { load_balancer, action } = await call("POST", "/load_balancers", {
      name: "last",
      load_balancer_type: "lb11",
      location: "fsn1",
      services: [{ protocol: "http" }],
    });
    balancer = load_balancer;
    await ended(action);
    assert.ok((await leftovers(settings)).some((line) => line.includes(`load balancer ${load_balancer.id}`)));
    const down = await command("down");
    assert.equal(down.exitCode, 0, down.stderr);
    assert.deepEqual(await leftovers(settings), []);
    assert.equal(await masters(), undefined);
  });
});
