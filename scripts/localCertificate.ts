// The certificate that the local platform serves, as a visitor sees it.
import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { execa } from "execa";
import { readStatus } from "../localcloud/src/control/socket";
import { findInit } from "../localcloud/src/machines/boot";
import { enterArguments } from "../localcloud/src/machines/guest";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import type { Progress } from "../toolchain/cacheDir";
import type { Deployment } from "./deployment";

/** What the load balancers start with is signed by this name. */
const placeholder = "placeholder";

/** Issued by the ACME server of the local cloud; another one, as somebody brings it along; or not yet. */
export type Served = "issued" | "other" | "none";

export interface Visited {
  readonly domain: string;
  readonly address: string;
}

/** Undefined where visitors come over HTTP alone. */
export function visitedOf({ outputs }: Pick<Deployment, "outputs">): Visited | undefined {
  const { protocol, hostname } = new URL(String(outputs.url));
  return protocol === "https:" ? { domain: hostname, address: String(outputs.virtualIp) } : undefined;
}

/** One handshake with the load balancer that has the address. */
export async function servedAt({ domain, address }: Visited): Promise<Served> {
  const roots = await readFile(localCloudSettings().paths.acmeRoots, "utf8").catch(() => undefined);
  return new Promise((resolve) => {
    const trust = { rejectUnauthorized: false, ...(roots !== undefined && { ca: roots }) };
    const socket = connect({ host: address, port: 443, servername: domain, timeout: 2_000, ...trust });
    const end = (served: Served) => {
      socket.destroy();
      resolve(served);
    };
    socket.on("secureConnect", () => {
      if (socket.authorized && roots !== undefined) return end("issued");
      end(socket.getPeerCertificate().issuer?.CN === placeholder ? "none" : "other");
    });
    socket.on("error", () => end("none"));
    socket.on("timeout", () => end("none"));
  });
}

/**
 * Waits until visitors get a certificate.
 *
 * @param wanted "issued" goes on waiting while another one is served
 * @throws after the patience, with what the load balancers say
 */
export async function untilServed(
  visited: Visited,
  progress: Progress = () => {},
  wanted: "any" | "issued" = "any",
  patienceMs = 300_000,
): Promise<Served> {
  for (const began = Date.now(); ; ) {
    const served = await servedAt(visited);
    if (served === "issued" || (served === "other" && wanted === "any")) return served;
    const seconds = Math.round((Date.now() - began) / 1000);
    progress(`waiting for the certificate of ${visited.domain}, ${seconds} s`);
    if (Date.now() - began > patienceMs) {
      const reasons = await whyNone();
      throw new Error(
        `no certificate for ${visited.domain} within ${seconds} s; the platform answers at http://${visited.address}\n${reasons}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** What each load balancer says of it: one line for each. */
async function whyNone(): Promise<string> {
  const settings = localCloudSettings();
  const { servers = [] } = (await readStatus(settings)) ?? {};
  const lines = servers
    .filter(({ name }) => /-edge\d+$/.test(name))
    .map(async ({ id, name }) => {
      const init = await findInit(settings, id);
      if (init === undefined) return `${name} does not run`;
      const asked = [
        "env",
        "-i",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        "platform-status",
        "--json",
      ];
      const { stdout } = await execa("nsenter", enterArguments(init, asked), { reject: false });
      return `${name}: ${reasonIn(stdout)}`;
    });
  return (await Promise.all(lines)).join("\n");
}

/** Of what `platform-status --json` prints. */
export function reasonIn(status: string): string {
  try {
    const { certificate } = JSON.parse(status) as { certificate?: { reasons?: readonly string[] } };
    return certificate?.reasons?.join("; ") || "says nothing of a certificate";
  } catch {
    return "has no status";
  }
}
