// From names in a stack's settings to what answers under them: the real proxies, the real Traefik, a real handshake.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { planReplicas } from "../../../../components/roles/app/replicas";
import { traefikDynamic, traefikStatic } from "../../../../components/roles/app/traefik";
import type { EdgeOptions } from "../../../../components/roles/edge/edge";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { EdgeEngine } from "../../../../components/roles/edge/settings";
import { allNames, visitorNames } from "../../../../components/settings/visitorNames";
import { parseSettings } from "../../../../components/stack/parse";
import type { PlatformSettings } from "../../../../components/stack/settings";
import { ensureTool } from "../../../../toolchain/build";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { edgeOptions } from "./support/options";

const node = "10.0.2.11";
const service = { image: "example/shop:1", port: 3000, pathPrefix: "/" };

function settingsOf(domain: string, app: object): PlatformSettings {
  return parseSettings({ domain, adminRanges: ["198.51.100.7/32"], app }, "qa");
}

/** Certificate and key for the names, which speak for themselves: nobody else has signed them. */
async function certificateFor(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  const file = join(folder, "site.pem");
  await execa("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
    ...["-subj", "/CN=names", "-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join()}`],
    ...["-keyout", file, "-out", `${file}.crt`],
  ]);
  const pem = `${await readFile(`${file}.crt`, "utf8")}${await readFile(file, "utf8")}`;
  await rm(folder, { recursive: true });
  return pem;
}

/** Each replica says which service it is of and by which name it was asked. */
const replicaProgram = `import json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Replica(BaseHTTPRequestHandler):
    def do_GET(self):
        content = (self.server.service + " as " + self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass

for service, address in json.load(open("/tmp/replicas.json")):
    server = ThreadingHTTPServer((address, 3000), Replica)
    server.service = service
    threading.Thread(target=server.serve_forever).start()
`;

/** Starts all of them, and prints what each visit was given. */
function visitScript(engine: EdgeEngine, addresses: readonly string[], urls: readonly string[]): string {
  return `${[...new Set(addresses)].map((address) => `ip address add ${address}/32 dev lo`).join("\n")}
python3 /tmp/replicas.py &
/tmp/traefik-program --configFile=/tmp/traefik/traefik.yaml >/tmp/traefik.log 2>&1 &
answers() { for _ in {1..200}; do [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "$1")" != 200 ] || return 0; sleep 0.1; done; cat /tmp/traefik.log; exit; }
answers http://${node}:8080/.platform/ready
${engine === "haproxy" ? "haproxy -D -f /etc/haproxy/haproxy.cfg" : "nginx -c /etc/platform/nginx.conf"} >/tmp/started 2>&1 || cat /tmp/started
answers http://127.0.0.1:8404/ready
for url in ${urls.map((url) => `'${url}'`).join(" ")}; do
  printf '%s -> ' "$url"
  curl -s -m 5 --cacert /etc/platform/secrets/site.pem --connect-to ::127.0.0.1: -w ' %{http_code} %{redirect_url}' -o /tmp/body "$url" >/tmp/code || printf 'no connection:%s' "$?"
  if [ "$(cut -c2-4 </tmp/code)" = 200 ]; then cat /tmp/body; else cat /tmp/code; fi
  echo
done`;
}

/** What visitors of the addresses get, as their browsers do it: by a name that the certificate must have. */
async function visits(engine: EdgeEngine, settings: PlatformSettings, urls: readonly string[]) {
  const names = visitorNames(settings);
  const [domain, ...otherDomains] = names.served;
  const certificate = await certificateFor(allNames(names));
  const options: EdgeOptions = {
    ...edgeOptions,
    ...{ domain, otherDomains, aliases: names.aliases, certificate, otherHosts: "refuse" },
    backends: [{ name: "app1", address: node, port: 8080 }],
  };
  const { services } = settings.app;
  const replicas = planReplicas(services);
  const addresses = [edgeOptions.machine.privateIp, node, ...replicas.map(({ address }) => address)];
  const { output } = await inDebian13(
    visitScript(engine, addresses, urls),
    {
      "/etc/haproxy/haproxy.cfg": haproxyConfig(options),
      "/etc/platform/nginx.conf": nginxConfig(options),
      "/etc/platform/secrets/site.pem": certificate,
      "/tmp/replicas.py": replicaProgram,
      "/tmp/replicas.json": JSON.stringify(
        replicas.map(({ serviceName, address }) => [serviceName, address]),
      ),
      "/tmp/traefik/traefik.yaml": traefikStatic(node, [edgeOptions.machine.privateIp])
        .replace(`${node}:80`, `${node}:8080`)
        .replace("/etc/traefik/dynamic", "/tmp/traefik/dynamic"),
      "/tmp/traefik/dynamic/services.yaml": traefikDynamic(services, replicas, settings.domain),
    },
    { "/tmp/traefik-program": await ensureTool("traefik", (line) => console.log(`    ${line}`)) },
  );
  return output
    .trim()
    .split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}

for (const engine of Object.values(EdgeEngine)) {
  describe(`names of a stack, ${engine} and Traefik`, function () {
    this.timeout(1_800_000);
    before(function () {
      if (whyNoDebian13() !== undefined) this.skip();
    });

    const haproxy = engine === EdgeEngine.HAProxy;
    it(`${haproxy ? "S1-1: a named site is" : "a named site is"} served under its domain, over HTTPS with a certificate for it, and under no other name`, async () => {
      const settings = settingsOf("www.foobar.com", { services: { web: service } });
      const seen = await visits(engine, { ...settings, aliases: ["foobar.com"] }, [
        "https://www.foobar.com/page",
        "http://www.foobar.com/page",
        "https://foobar.com/page",
        "http://other.example/page",
        "https://other.example/page",
      ]);
      assert.deepEqual(seen, [
        "https://www.foobar.com/page -> web as www.foobar.com",
        "http://www.foobar.com/page -> 308 https://www.foobar.com/page",
        "https://foobar.com/page -> 308 https://www.foobar.com/page",
        "http://other.example/page -> 421",
        // The certificate is not for it: curl's 60.
        "https://other.example/page -> no connection:60 000",
      ]);
    });

    it(`${haproxy ? "S3-6: " : ""}each service answers under its own domain, with a certificate for it, and under no other one`, async () => {
      const settings = settingsOf("dhanman.com", {
        serviceHosts: "{service}.{domain}",
        services: { common: service, sales: service, api: { ...service, pathPrefix: "/v1" } },
      });
      const seen = await visits(engine, settings, [
        "https://common.dhanman.com/",
        "https://sales.dhanman.com/orders",
        "https://api.dhanman.com/v1/orders",
        "https://api.dhanman.com/orders",
        "http://sales.dhanman.com/orders",
        "http://dhanman.com/",
      ]);
      assert.deepEqual(seen, [
        "https://common.dhanman.com/ -> common as common.dhanman.com",
        "https://sales.dhanman.com/orders -> sales as sales.dhanman.com",
        "https://api.dhanman.com/v1/orders -> api as api.dhanman.com",
        "https://api.dhanman.com/orders -> 404",
        "http://sales.dhanman.com/orders -> 308 https://sales.dhanman.com/orders",
        "http://dhanman.com/ -> 421",
      ]);
    });

    it(`${haproxy ? "S3-7: " : ""}QA's services answer under QA's names, by a template, and prod's names are none of its`, async () => {
      const settings = settingsOf("dhanman.com", {
        serviceHosts: "qa.{service}.{domain}",
        services: { common: service, sales: service },
      });
      const seen = await visits(engine, settings, [
        "https://qa.common.dhanman.com/",
        "https://qa.sales.dhanman.com/",
        "http://sales.dhanman.com/",
      ]);
      assert.deepEqual(seen, [
        "https://qa.common.dhanman.com/ -> common as qa.common.dhanman.com",
        "https://qa.sales.dhanman.com/ -> sales as qa.sales.dhanman.com",
        "http://sales.dhanman.com/ -> 421",
      ]);
    });
  });
}
