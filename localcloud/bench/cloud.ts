// A local cloud of the bench's own, beside the one that a developer may have up.
import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { readStatus, type Status } from "../src/control/socket";
import { daemonProgram } from "../src/daemon/daemonProgram";
import { type LocalCloudSettings, localCloudSettings } from "../src/settings/cloud";
import { ask, type Endpoint, untilAnswered } from "./http";
import { endOf, stopped } from "./prism";
import { ownCpuSeconds } from "./processes";

/** Of its own are name, state, ranges and ports. */
export const benchEnvironment = {
  LOCALCLOUD_NAME: "bench",
  LOCALCLOUD_STATE: "/var/lib/hetzner-platform-bench",
  LOCALCLOUD_PUBLIC_RANGE: "198.19.252.0/24",
  LOCALCLOUD_FLOATING_RANGE: "198.19.253.0/24",
  LOCALCLOUD_IDENTITY_RANGE: "198.18.254.0/24",
  LOCALCLOUD_IPV6_RANGE: "2001:db8:fc::/48",
  LOCALCLOUD_PORT: "18252",
  // What is measured is how fast it answers, not how soon it refuses.
  LOCALCLOUD_REQUESTS_PER_HOUR: "1000000000",
};

export const benchSettings = (): LocalCloudSettings => localCloudSettings(benchEnvironment);

export const ourEndpoint = (settings: LocalCloudSettings): Endpoint => ({
  name: "local cloud",
  url: `http://127.0.0.1:${settings.apiPort}/v1`,
  token: settings.tokens.local ?? "",
});

export interface StartedDaemon {
  /** Milliseconds from its spawn to its first answer. */
  readonly answerMs: number;
  /** Milliseconds of processor time until then. */
  readonly answerCpuMs: number;
  /** Milliseconds from its spawn until everything is there, as `up` waits for it. */
  readonly readyMs: number;
  readonly status: Status;
  stop(): Promise<void>;
}

/** Starts the daemon as `up` does. */
export async function startDaemon(settings: LocalCloudSettings): Promise<StartedDaemon> {
  const { command, args, env } = await daemonProgram();
  const log = await open(settings.paths.daemonLog, "a", 0o600);
  const began = performance.now();
  const child = spawn(command, args, {
    cwd: "/",
    env: { ...process.env, ...env, ...benchEnvironment },
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  const stop = () => stopped(child);
  try {
    await untilAnswered(ourEndpoint(settings), "/locations", () => endOf(child));
    const answerMs = performance.now() - began;
    const answerCpuMs = (await ownCpuSeconds(child.pid ?? 0)) * 1000;
    const status = await untilReady(settings, () => endOf(child));
    return { answerMs, answerCpuMs, readyMs: performance.now() - began, status, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await log.close();
  }
}

async function untilReady(settings: LocalCloudSettings, gaveUp: () => string | undefined): Promise<Status> {
  for (;;) {
    const status = await readStatus(settings);
    if (status !== undefined) return status;
    const reason = gaveUp();
    if (reason !== undefined) throw new Error(`the local cloud did not start: ${reason}`);
    await pause(10);
  }
}

/** What the bench reads of a server. */
export interface CreatedServer {
  readonly id: number;
  readonly address: string;
}

interface ServerAnswer {
  readonly server: { readonly id: number; readonly public_net: { readonly ipv4: { readonly ip: string } } };
}

export async function createServer(
  endpoint: Endpoint,
  name: string,
  more: { readonly start_after_create?: boolean } = {},
): Promise<CreatedServer> {
  const body = { name, server_type: "cx23", image: "debian-13", location: "fsn1", ...more };
  const { status, text } = await ask(endpoint, "POST", "/servers", body);
  if (status !== 201) throw new Error(`${name} was not created: ${text}`);
  const { server } = JSON.parse(text) as ServerAnswer;
  return { id: server.id, address: server.public_net.ipv4.ip };
}

/** Deletes servers and waits until they are gone, so that the next round begins with a quiet machine. */
export async function deleteServers(endpoint: Endpoint, servers: readonly CreatedServer[]): Promise<void> {
  await Promise.all(servers.map(({ id }) => ask(endpoint, "DELETE", `/servers/${id}`)));
  for (const { id } of servers) {
    while ((await ask(endpoint, "GET", `/servers/${id}`)).status !== 404) await pause(50);
  }
}
