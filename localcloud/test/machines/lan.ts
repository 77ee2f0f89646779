import { createServer, type Server } from "node:net";
import { type ExecaChildProcess, execa } from "execa";
import type { LocalCloudSettings } from "../../src/settings/cloud";

/**
 * A network of a test around the host: a namespace that is linked to the host as a neighbour on a LAN is, and
 * routes the cloud's public range to it.
 */
export function lan(settings: LocalCloudSettings) {
  const link = linkOf(settings);
  const python = (source: string) =>
    execa("ip", ["netns", "exec", link.namespace, "python3", "-c", source], { reject: false });
  let reachable: Server | undefined;

  return {
    ...link.addresses,

    async make(): Promise<void> {
      await this.remove();
      await connect(link, settings.publicRange);
      reachable = await listen(link.addresses.hostAddress, 22_222);
    },

    async remove(): Promise<void> {
      reachable?.close();
      await execa("ip", ["link", "del", link.device], { reject: false });
      await execa("ip", ["netns", "del", link.namespace], { reject: false });
    },

    listenOnHost: listen,

    /** Whether the neighbour gets a TCP connection within a second. */
    async connects(target: string, port: number): Promise<boolean> {
      const source = `import socket; socket.create_connection(("${target}", ${port}), 1)`;
      return (await python(source)).exitCode === 0;
    },

    /** A web server at the neighbour, port 8099, that answers with the address it sees as the client's. */
    async echoSources(): Promise<{ stop(): Promise<void> }> {
      const server = python(echoSource);
      const deadline = Date.now() + 10_000;
      while (!(await this.connects(link.addresses.address6, 8_099)) && Date.now() < deadline);
      return { stop: () => ended(server) };
    },
  };
}

interface Link {
  readonly namespace: string;
  /** Its end at the host. */
  readonly device: string;
  readonly addresses: {
    readonly hostAddress: string;
    readonly address: string;
    readonly hostAddress6: string;
    readonly address6: string;
    /** What homes and offices use behind their routers. */
    readonly privateAddress: string;
  };
}

function linkOf({ name, floatingRange, apiPort }: LocalCloudSettings): Link {
  // The third /24 of a lab's addresses, which its cloud does not use.
  const [, , octet] = floatingRange.split(".");
  const prefix = `198.19.${Number(octet) + 1}`;
  const prefix6 = `2001:db8:fffe:${apiPort.toString(16)}`;
  return {
    namespace: `test-lan-${name}`,
    device: `lan-${name}`,
    addresses: {
      hostAddress: `${prefix}.1`,
      address: `${prefix}.2`,
      hostAddress6: `${prefix6}::1`,
      address6: `${prefix6}::2`,
      privateAddress: `192.168.${Number(octet)}.2`,
    },
  };
}

async function connect({ namespace, device, addresses }: Link, publicRange: string): Promise<void> {
  const { hostAddress, address, hostAddress6, address6, privateAddress } = addresses;
  const lines = [
    `netns add ${namespace}`,
    `link add ${device} type veth peer name eth0 netns ${namespace}`,
    `address add ${hostAddress}/24 dev ${device}`,
    `address add ${hostAddress6}/64 dev ${device} nodad`,
    `address add ${privateAddress.replace(/2$/, "1")}/24 dev ${device}`,
    `link set ${device} up`,
  ];
  const own = [
    `address add ${address}/24 dev eth0`,
    `address add ${address6}/64 dev eth0 nodad`,
    `address add ${privateAddress}/24 dev eth0`,
    "link set lo up",
    "link set eth0 up",
    `route add ${publicRange} via ${hostAddress}`,
  ];
  await execa("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n` });
  await execa("ip", ["-n", namespace, "-batch", "-"], { input: `${own.join("\n")}\n` });
}

async function ended(server: ExecaChildProcess): Promise<void> {
  server.kill("SIGTERM");
  await server;
}

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end());
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}

const echoSource = `
import http.server, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(self.client_address[0].removeprefix("::ffff:").encode())
class DualStack(http.server.HTTPServer):
    address_family = socket.AF_INET6
DualStack(("::", 8099), Handler).serve_forever()
`;
