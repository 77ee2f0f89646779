import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureTool } from "../../../../../toolchain/build";
import type { CommandResult, TestMachine } from "../../database/support/machine";
import { bootEdge } from "./edgeMachine";
import { edge1, edge2 } from "./options";
import { until } from "./until";

export const floatingIp = "203.0.113.10";
const worldIp = "10.0.1.1";
export const directory = `https://${worldIp}:14000/dir`;

/** How Pebble behaves from its next start on. */
export interface Behaviour {
  /** Seconds for which its certificates are valid. */
  readonly validity?: number;
  readonly blocked?: readonly string[];
}

/** Two load balancers, what is outside of them, and a real ACME server there. */
export interface AcmeWorld {
  readonly machines: readonly [TestMachine, TestMachine];
  /** Process outside of the machines, for nsenter. */
  readonly pid: number;
  /** PEM of the authority of the ACME server's own certificate. */
  readonly root: string;
  /**
   * Visitors and the ACME server come to this machine from now on.
   *
   * @param owner whom the agents name @default - the same
   */
  lead(to: 0 | 1, owner?: 0 | 1): Promise<void>;
  /** Bash outside of the machines. */
  outside(script: string): Promise<CommandResult>;
  startAuthority(behaviour?: Behaviour): Promise<void>;
  /** In its place one that answers every request with 429, as Let's Encrypt words it. */
  startLimited(retryAt: Date): Promise<void>;
  stopAuthority(): Promise<void>;
  stop(): Promise<void>;
}

/** @param names that lead to the floating IP */
export async function acmeWorld(names: readonly string[]): Promise<AcmeWorld> {
  const pebble = await ensureTool("pebble", () => {});
  const folder = await mkdtemp(join(tmpdir(), "platform-acme-"));
  const world = startWorld();
  const machines = await Promise.all([bootEdge(edge1.hostname), bootEdge(edge2.hostname)]);
  await connect(world.pid ?? 0, machines, names);
  const root = await authorityFiles(folder, names);
  const outside = (script: string) => enter(world.pid ?? 0, script);
  let running: ChildProcess | undefined;
  const stopAuthority = async () => {
    if (running !== undefined) await ended(running);
    running = undefined;
  };
  return {
    machines,
    pid: world.pid ?? 0,
    root,
    lead: (to, owner = to) => lead(to, owner, machines, outside),
    outside,
    startAuthority: async (behaviour = {}) => {
      await stopAuthority();
      running = await startPebble(pebble, folder, world.pid ?? 0, behaviour);
      await untilAnswered(outside);
    },
    startLimited: async (retryAt) => {
      await stopAuthority();
      running = startLimited(folder, world.pid ?? 0, retryAt);
      await untilAnswered(outside);
    },
    stopAuthority,
    stop: async () => {
      await stopAuthority();
      await Promise.all(machines.map((machine) => machine.stop()));
      await ended(world);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const untilAnswered = (outside: AcmeWorld["outside"]) =>
  until(async () => (await outside(`curl -sk -m 2 ${directory}`)).exitCode === 0, 20_000);

/** A network of its own that ends with this process. */
function startWorld(): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"], {
    stdio: "ignore",
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

async function enter(pid: number, script: string): Promise<CommandResult> {
  const result = await execa("nsenter", ["--target", `${pid}`, "--net", "bash", "-s"], {
    input: `set -euo pipefail\n${script}\n`,
    reject: false,
    all: true,
    timeout: 120_000,
  });
  return { exitCode: result.exitCode ?? -1, output: result.all ?? "" };
}

/** One private network for all three, the floating address on both load balancers, and names that lead to it. */
async function connect(
  world: number,
  machines: readonly TestMachine[],
  names: readonly string[],
): Promise<void> {
  await until(async () => (await enter(world, "ip link set lo up")).exitCode === 0, 5_000);
  const self = await readFile("/proc/self/net/dev", "utf8");
  const other = await readFile(`/proc/${world}/net/dev`, "utf8");
  if (self === other) throw new Error("the outside has no network of its own");
  const cables = machines.map(
    ({ init }, index) =>
      `ip link add m${index} type veth peer name eth0 netns ${init}; ip link set m${index} master bridge up`,
  );
  const { exitCode, output } = await enter(
    world,
    `ip link add bridge type bridge; ip address add ${worldIp}/24 dev bridge; ip link set bridge up\n${cables.join("\n")}`,
  );
  if (exitCode !== 0) throw new Error(output);
  await Promise.all(
    machines.map((machine, index) =>
      machine.succeed(`echo '${floatingIp} ${names.join(" ")}' >>/etc/hosts
ip address add ${[edge1, edge2][index]?.privateIp}/24 dev eth0
ip link set eth0 up
ip address add ${floatingIp}/32 dev lo`),
    ),
  );
}

async function lead(
  to: 0 | 1,
  owner: 0 | 1,
  machines: readonly TestMachine[],
  outside: (script: string) => Promise<CommandResult>,
): Promise<void> {
  const way = await outside(`ip route replace ${floatingIp}/32 via ${[edge1, edge2][to]?.privateIp}`);
  if (way.exitCode !== 0) throw new Error(way.output);
  await Promise.all(
    machines.map((machine, index) =>
      machine.succeed(`mkdir -p /run/floating-ip-agent
echo '{"server": ${index + 1}, "owner": ${owner + 1}}' >/run/floating-ip-agent/state.json`),
    ),
  );
}

/** Root and certificate of the ACME server, and names as its resolver finds them. Answers the root. */
async function authorityFiles(folder: string, names: readonly string[]): Promise<string> {
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const file = (name: string) => join(folder, name);
  await execa("openssl", [
    ...["req", "-x509", ...ec, "-subj", "/CN=Test root"],
    ...["-keyout", file("root.key"), "-out", file("root.pem")],
  ]);
  await execa("openssl", [
    ...["req", "-x509", ...ec, "-subj", "/CN=Pebble", "-addext", `subjectAltName=IP:${worldIp}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-CA", file("root.pem"), "-CAkey", file("root.key")],
    ...["-keyout", file("server.key"), "-out", file("server.pem")],
  ]);
  await writeFile(file("hosts"), names.map((name) => `${floatingIp} ${name}\n`).join(""));
  return readFile(file("root.pem"), "utf8");
}

/** Pebble has no limits: this has nothing else. */
const limited = `import http.server, json, ssl, sys
address, folder, retry_at = sys.argv[1:]
detail = f"too many certificates (5) already issued for this exact set of identifiers, retry after {retry_at} UTC: see https://letsencrypt.org/docs/rate-limits/"
problem = json.dumps({"type": "urn:ietf:params:acme:error:rateLimited", "status": 429, "detail": detail})
class Limited(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(429)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(problem)))
        self.end_headers()
        self.wfile.write(problem.encode())
    do_POST = do_GET
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer((address, 14000), Limited)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()`;

function startLimited(folder: string, world: number, retryAt: Date): ChildProcess {
  const words = retryAt.toISOString().slice(0, 19).replace("T", " ");
  const inside = ["--target", `${world}`, "--net", "python3", "-c", limited, worldIp, folder, words];
  return spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", ...inside], { stdio: "ignore" });
}

async function startPebble(
  pebble: string,
  folder: string,
  world: number,
  { validity = 7_776_000, blocked = [] }: Behaviour,
): Promise<ChildProcess> {
  const config = {
    pebble: {
      listenAddress: `${worldIp}:14000`,
      managementListenAddress: `${worldIp}:15000`,
      certificate: join(folder, "server.pem"),
      privateKey: join(folder, "server.key"),
      httpPort: 80,
      tlsPort: 443,
      ocspResponderURL: "",
      externalAccountBindingRequired: false,
      domainBlocklist: blocked,
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: "ecdsa",
      profiles: { default: { description: "of the test", validityPeriod: validity } },
    },
  };
  await writeFile(join(folder, "pebble.json"), JSON.stringify(config));
  const script = `mount --bind "$1/hosts" /etc/hosts; exec "$2" -config "$1/pebble.json" >>"$1/pebble.log" 2>&1`;
  return spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "nsenter", "--target", `${world}`, "--net"],
      ...["unshare", "--mount", "bash", "-c", script, "pebble", folder, pebble],
    ],
    { stdio: "ignore", env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" } },
  );
}
