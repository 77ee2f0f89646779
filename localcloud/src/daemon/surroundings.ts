// Everything around the API: the machine room with its networks, the helper processes, the faults, the control API
// and the page.
import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import { type AcmeServer, resumeAcmeServer } from "../acme/server";
import { type Api, type createApiFaults, type Store, worldOf } from "../api";
import type { RecentRequests } from "../control/requests";
import { createControl } from "../control/server";
import { type ServerStatus, type Status, serveSocket } from "../control/socket";
import { createFaults } from "../faults";
import type { FaultRegistry } from "../faults/registry";
import type { Host, World } from "../host/contract";
import { registryProcess } from "../images/registry";
import { readProcesses, serviceHealth, serviceLog, stopServices, supervise } from "../linux/services";
import { createLinuxHost, type LinuxHost } from "../linuxHost";
import { ensureCertificate } from "../machines/authority";
import { findInit } from "../machines/boot";
import { limitSupport } from "../machines/cgroups";
import { ensureBaseImage } from "../machines/image";
import { adoptImages } from "../machines/keptImages";
import { hasAskedForSwap, noSwap } from "../machines/swap";
import { startMetadataService } from "../metadata/server";
import { cloudNameServer, type NameServer } from "../nameServer";
import { ipv6Works } from "../network/forwarding";
import type { LocalCloudSettings } from "../settings/cloud";
import { packageCacheService, resolverService } from "./packageCache";

export interface SurroundingsOptions {
  readonly settings: LocalCloudSettings;
  readonly store: Store;
  readonly api: Api;
  readonly apiFaults: ReturnType<typeof createApiFaults>;
  readonly requests: RecentRequests;
  /** Called when actions may use the host. */
  readonly hostIsReady: (host: Host) => void;
  readonly log: (line: string) => void;
}

export interface Surroundings {
  /** Ends what would begin something new; machines and helper processes go on. */
  stop(): void;
  /** Resolves when no connection is open any more. */
  closed(): Promise<void>;
}

export async function startSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  const { settings, store, api, apiFaults, requests, hostIsReady, log } = options;
  const stopping = new AbortController();
  // Helpers of a daemon that was killed; the host begins new ones.
  await stopServices(settings);
  const names = cloudNameServer(settings, log);
  const baseImage = await ensureBaseImage();
  await adoptImages(settings, store, baseImage);
  const host = await createLinuxHost(settings, { baseImage, world: worldOf(store), names, onProblem: log });
  // First, because every listener below needs the host's address.
  await host.reconcileNetwork(worldOf(store));
  const metadata = await startMetadataService(settings, () => worldOf(store));
  await startServices(settings, names, worldOf(store), stopping.signal, log);
  const acme = await resumeAcmeServer({ settings, until: stopping.signal, log });
  const faults = await createFaults({
    settings,
    store,
    host,
    metadata,
    api: apiFaults,
    runner: api.runner,
    onProblem: log,
  });
  // Before the actions, which go on as soon as the host is there: a stuck one must not slip through.
  await faults.resume();
  hostIsReady(host);
  await api.listen({ host: settings.hostAddress, port: settings.apiPort });
  const control = await startControl(settings, store, { host, requests, faults, acme, log });
  return {
    stop() {
      stopping.abort();
      host.close();
      faults.close();
      for (const server of [metadata, control.socket]) server.close();
    },
    closed: async () => {
      await control.app.close();
    },
  };
}

async function startServices(
  settings: LocalCloudSettings,
  names: NameServer,
  world: World,
  until: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const { certificate, key } = await ensureCertificate(settings);
  const registry = await registryProcess({
    address: settings.hostAddress,
    port: settings.registryPort,
    certificate,
    key,
  });
  const services = [
    await names.prepare(world),
    resolverService(settings, await ipv6Works(), names.resolverFile),
    await packageCacheService(settings),
    { name: "registry", ...registry },
  ];
  for (const service of services) await supervise(settings, service, until, log);
}

interface Controlled {
  readonly host: LinuxHost;
  readonly requests: RecentRequests;
  readonly faults: FaultRegistry;
  readonly acme: AcmeServer;
  readonly log: (line: string) => void;
}

async function startControl(
  settings: LocalCloudSettings,
  store: Store,
  { host, requests, faults, acme, log }: Controlled,
): Promise<{ app: FastifyInstance; socket: Server }> {
  const app = createControl({
    ...{ store, host, faults, acme, requests },
    endpoint: settings.endpoint,
    port: settings.controlPort,
    status: () => statusOf(settings, store, host, faults),
    onProblem: log,
  });
  await app.listen({ host: "127.0.0.1", port: settings.controlPort });
  return { app, socket: await serveSocket(settings, app) };
}

async function statusOf(
  settings: LocalCloudSettings,
  store: Store,
  host: LinuxHost,
  faults: FaultRegistry,
): Promise<Status> {
  const world = worldOf(store);
  const running = await host.running();
  const servers = world.servers.map(
    ({ id, name, publicIpv4, power, attachments }): ServerStatus => ({
      id,
      name,
      publicIpv4,
      power,
      running: running.has(id),
      privateIps: attachments.map(({ ip }) => ip),
      floatingIps: world.floatingAddresses
        .filter(({ serverId }) => serverId === id)
        .map(({ cidr }) => cidr.replace(/\/32$/, "")),
    }),
  );
  return {
    pid: process.pid,
    endpoint: settings.endpoint,
    page: `http://127.0.0.1:${settings.controlPort}/`,
    limits: await limitSupport(),
    servers,
    services: (await readProcesses(settings)).map(({ name, pid }) => ({ name, pid })),
    failing: serviceHealth()
      .filter(({ state }) => state === "failing")
      .map(({ name, ended = "" }) => ({ name, ended, log: serviceLog(settings, name) })),
    settling: serviceHealth().some(({ state }) => state === "settling"),
    faults: faults.list(),
    refusals: await refusalsOf(settings, servers),
    daemonMegabytes: Math.round(process.memoryUsage().rss / 1024 ** 2),
  };
}

async function refusalsOf(settings: LocalCloudSettings, servers: readonly ServerStatus[]): Promise<string[]> {
  const asked = servers.map(async ({ id, name }) => {
    const init = await findInit(settings, id);
    return init !== undefined && (await hasAskedForSwap(init)) ? [`${name} asked for swap: ${noSwap}`] : [];
  });
  return (await Promise.all(asked)).flat();
}
