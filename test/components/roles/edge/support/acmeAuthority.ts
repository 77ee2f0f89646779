import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ended, floatingIp, type Outside, worldIp } from "./outsideWorld";
import { until } from "./until";

export const directory = `https://${worldIp}:14000/dir`;

/** How Pebble behaves from its next start on. */
export interface Behaviour {
  /** Seconds for which its certificates are valid. */
  readonly validity?: number;
  readonly blocked?: readonly string[];
  /** It looks names up at the zone's name server. @default - where they lead to is all that it knows */
  readonly dns?: boolean;
}

/** A real ACME server. */
export interface Authority {
  startAuthority(behaviour?: Behaviour): Promise<void>;
  /** In its place one that answers every request with 429, as Let's Encrypt words it. */
  startLimited(retryAt: Date): Promise<void>;
  stopAuthority(): Promise<void>;
  /** How often it has looked whose a name is. */
  judged(): Promise<number>;
}

/** @param folder what `authorityFiles` has written @param world process whose network it is in */
export function authorityIn(folder: string, pebble: string, world: number, outside: Outside): Authority {
  let running: ChildProcess | undefined;
  const stopAuthority = async () => {
    if (running !== undefined) await ended(running);
    running = undefined;
  };
  const start = async (begin: () => ChildProcess | Promise<ChildProcess>) => {
    await stopAuthority();
    running = await begin();
    await until(async () => (await outside(`curl -sk -m 2 ${directory}`)).exitCode === 0, 20_000);
  };
  return {
    startAuthority: (behaviour = {}) => start(() => startPebble(pebble, folder, world, behaviour)),
    startLimited: (retryAt) => start(() => startLimited(folder, world, retryAt)),
    stopAuthority,
    judged: async () => {
      const log = await readFile(join(folder, "pebble.log"), "utf8");
      return log.split("Pulled a task from the Tasks queue").length - 1;
    },
  };
}

/** Root and certificate of the ACME server, and names as its resolver finds them. Answers the root. */
export async function authorityFiles(folder: string, names: readonly string[]): Promise<string> {
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

/** Each order is judged anew: by chance it would take what it has seen before for half of them. */
const pebbleEnvironment = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0", PEBBLE_AUTHZREUSE: "0" };

async function startPebble(
  pebble: string,
  folder: string,
  world: number,
  { validity = 7_776_000, blocked = [], dns = false }: Behaviour,
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
  const script = `mount --bind "$1/hosts" /etc/hosts; exec "$2" -config "$1/pebble.json" ${dns ? `-dnsserver ${worldIp}:53` : ""} >>"$1/pebble.log" 2>&1`;
  return spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "nsenter", "--target", `${world}`, "--net"],
      ...["unshare", "--mount", "bash", "-c", script, "pebble", folder, pebble],
    ],
    { stdio: "ignore", env: { ...process.env, ...pebbleEnvironment } },
  );
}
