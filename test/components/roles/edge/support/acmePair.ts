import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { acmeSetup } from "../../../../../components/roles/edge/acme";
import { acmeProbe } from "../../../../../components/roles/edge/acmeStatus";
import type { AcmeOptions, EdgeOptions } from "../../../../../components/roles/edge/edge";
import { haproxySetup } from "../../../../../components/roles/edge/haproxy";
import { nginxSetup } from "../../../../../components/roles/edge/nginx";
import { mergeSetups } from "../../../../../components/setup/merge";
import type { TestMachine } from "../../database/support/machine";
import { directory } from "./acmeAuthority";
import { zoneApi } from "./acmeZone";
import { edge1, edge2, edgeOptions } from "./options";
import type { LoadReport } from "./tlsLoad";
import { until } from "./until";
import { dnsToken } from "./zoneStandIn";

export const names = ["www.example.com", "shop.example.com"];
const times = { takeOverAfter: 120, firstPause: 2, longestPause: 4, every: 2, dnsPatience: 8 };

/** A site on each machine itself: what happens behind the proxy is not asked here. */
export const site = `cat >/etc/site.conf <<'END'
pid /run/site.pid;
events {}
http { access_log off; server { listen 127.0.0.1:8088; location / { return 200 "hello\\n"; } } }
END
systemd-run --quiet --unit=site -p Type=forking nginx -c /etc/site.conf`;

/** By TXT records, for the domain and everything below it. */
export const byDns: Partial<AcmeOptions> = {
  challenge: "dns",
  wildcards: ["*.example.com"],
  dns: { apiEndpoint: zoneApi, token: dnsToken },
};

function optionsOf(index: 0 | 1, root: string, more: Partial<AcmeOptions>): EdgeOptions {
  const [machine, peer] = index === 0 ? [edge1, edge2] : [edge2, edge1];
  const backends = [{ name: "app1", address: "127.0.0.1", port: 8088, healthPath: "/" }];
  const acme = { directory, email: "ops@example.com", root, key: "5f".repeat(32), ...more };
  const aliases = more.wildcards === undefined ? [] : ["example.com"];
  return { ...edgeOptions, machine, peer, backends, acme, aliases, otherHosts: "serve" };
}

/** What one of the two becomes: its proxy, and what looks after its certificate. */
export function setupOf(
  index: 0 | 1,
  root: string,
  engine: "haproxy" | "nginx" = "haproxy",
  more: Partial<AcmeOptions> = {},
) {
  const options = optionsOf(index, root, more);
  const proxy = engine === "nginx" ? nginxSetup(options) : haproxySetup(options);
  return mergeSetups(proxy, acmeSetup(options, times), { probes: [acmeProbe] });
}

export const serving = async (machine: TestMachine) =>
  (
    await machine.succeed(
      "openssl s_client -connect 127.0.0.1:443 -servername www.example.com </dev/null 2>/dev/null | openssl x509 -noout -serial",
    )
  ).trim();
export const status = async (machine: TestMachine) =>
  JSON.parse((await machine.run("platform-status --json")).output).certificate;
export const state = async (machine: TestMachine) =>
  JSON.parse(await machine.succeed("cat /var/lib/platform-certificate/status.json"));
/** Between two looks of the timer; one that runs is ended, as by a power cut. */
export const editState = (machine: TestMachine, change: string) =>
  machine.succeed(`systemctl stop platform-certificate.timer platform-certificate.service
cd /var/lib/platform-certificate
serial=$(openssl x509 -noout -serial -in /etc/platform/secrets/issued.pem | sed 's/serial=0*//' | tr A-F a-f)
jq --arg serial "$serial" '${change}' status.json >changed.json
chown platform-certificate: changed.json
mv changed.json status.json
systemctl start platform-certificate.timer`);
/** As if the authority had wanted it to be renewed long ago. */
export const makeDue = (machine: TestMachine) =>
  editState(machine, ".advice = { window: [1, 2], again: 1e12, serial: $serial }");

/** A line of the private key. */
export const secretLine = "grep -A2 'BEGIN PRIVATE KEY' /etc/platform/secrets/issued.pem | sed -n 2p";

/** On the second machine: what the first one answers to a question, as somebody on the way keeps it. */
export const recordAnswer = `python3 - <<'END'
import socket
with socket.create_connection(("10.0.1.11", 8406)) as one:
    one.sendall(b"0123456789abcdef0123456789abcdef\\n")
    sealed = b""
    while piece := one.recv(65536): sealed += piece
open("/run/recorded", "wb").write(sealed)
END`;

/**
 * On the first machine: somebody in the place of its program.
 *
 * @param answer in Python; `sealed` is the right answer to this question
 */
export const impostor = (answer: string) => `cat >/run/impostor.py <<'END'
import base64, json, socket, sys
sys.path.insert(0, "/usr/local/lib/platform-certificate")
from sealing import PairKey
config = json.load(open("/etc/platform/secrets/certificate.json"))
with socket.create_server(("10.0.1.11", 8406)) as server:
    while True:
        one, _ = server.accept()
        nonce = one.recv(100).decode().strip()
        own = open("/var/lib/platform-certificate/bundle.json", "rb").read()
        sealed = PairKey(config["key"]).seal(config["self"]["server"], nonce, own)
        one.sendall(${answer})
        one.close()
END
systemd-run --quiet --collect --unit=impostor python3 /run/impostor.py`;

/** Visitors over TLS to this address, in the network of that process. */
export function startLoad(pid: number, address: string) {
  const program = join(__dirname, "tlsLoad.ts");
  const inside = ["--target", `${pid}`, "--net", process.execPath, "--import", "tsx", program];
  const child: ChildProcess = spawn("nsenter", [...inside, address, "www.example.com"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout?.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  const last = () => JSON.parse(said.trim().split("\n").at(-1) ?? "{}") as LoadReport;
  return {
    seen: async () => last(),
    stop: async () => {
      const exit = once(child, "exit");
      child.stdin?.end("stop\n");
      await exit;
      return last();
    },
  };
}

/** Ends the load: enough was asked, all of it was answered, with the old certificate and then with the new one. */
export async function servedByTwo(load: ReturnType<typeof startLoad>, mostRetried = 0): Promise<void> {
  await until(async () => (await load.seen()).requests > 300 && (await load.seen()).serials.length > 1);
  const { requests, retried, failures, serials } = await load.stop();
  process.stdout.write(
    `      ${requests} requests over TLS, ${failures.length} failed, ${retried} asked again\n`,
  );
  assert.ok(retried <= mostRetried, `${retried} were asked again`);
  assert.deepEqual([failures, serials.length], [[], 2]);
}
