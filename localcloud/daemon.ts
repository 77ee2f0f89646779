import { mkdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { flushCompileCache } from "node:module";
import type { FastifyInstance } from "fastify";
import type { ActionRunner } from "./actions";
import {
  type Api,
  type ApiFaults,
  type ApiSettings,
  createApi,
  createApiFaults,
  openStore,
  type Store,
  worldOf,
} from "./api";
import { KEEP_ALIVE_MS } from "./api/http";
import { createRecentRequests, type RecentRequests } from "./control/requests";
import { createControl } from "./control/server";
import { type ServerStatus, type Status, serveSocket } from "./control/socket";
import { cloudNameServer, type NameServer } from "./dns";
import { createFaults } from "./faults";
import { readFaultFile } from "./faults/record";
import type { FaultRegistry } from "./faults/registry";
import { findDaemon } from "./findDaemon";
import type { World } from "./host";
import { hostToCome } from "./hostToCome";
import { registryProcess } from "./images/registry";
import { type LineLog, openLineLog } from "./lineLog";
import { ensureCertificate } from "./machines/authority";
import { limitSupport } from "./machines/cgroups";
import { writeAtomically } from "./machines/files";
import { createLinuxHost, type LinuxHost } from "./machines/host";
import { identify } from "./machines/processes";
import { startMetadataService } from "./metadata/server";
import { ipv6Works } from "./network/forwarding";
import { apiRanges } from "./network/names";
import { packageCacheService, resolverService } from "./packageCache";
import { readProcesses, stopServices, supervise } from "./services";
import { type LocalCloudSettings, localCloudSettings } from "./settings";

/**
 * Runs the local cloud until SIGTERM. Machines and helper processes outlive it: the next daemon finds the
 * machines and replaces the helpers.
 */
async function runDaemon(settings: LocalCloudSettings): Promise<void> {
  await mkdir(settings.stateDir, { recursive: true, mode: 0o700 });
  const running = await findDaemon(settings);
  if (running !== undefined) throw new Error(`a daemon runs already as process ${running.pid}`);
  await writeAtomically(settings.paths.pidFile, JSON.stringify(await identify(process.pid)));
  const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  const stopping = new AbortController();

  const store = openStore(settings.paths.store);
  const requests = createRecentRequests();
  const apiLog = openLineLog(settings.paths.apiLog, log);
  const apiFaults = createApiFaults();
  await resumeApiFaults(settings, apiFaults);
  let hostIsReady: (host: LinuxHost) => void = () => undefined;
  const coming = new Promise<LinuxHost>((resolve) => {
    hostIsReady = resolve;
  });
  const api = createApi({
    store,
    host: hostToCome(coming),
    faults: apiFaults,
    settings: apiSettings(settings, requests, apiLog, log),
  });
  // Answers before anything else is there; actions wait for the host.
  await api.app.listen({ host: "127.0.0.1", port: settings.apiPort });

  // Helpers of a daemon that was killed; the host begins new ones.
  await stopServices(settings);
  const names = cloudNameServer(settings, log);
  const host = await createLinuxHost(settings, { world: worldOf(store), names, onProblem: log });
  // First, because every listener below needs the host's address.
  await host.reconcileNetwork(worldOf(store));
  const metadata = await startMetadataService(settings, () => worldOf(store));
  await startServices(settings, names, worldOf(store), stopping.signal, log);
  let runner: ActionRunner | undefined;
  const faults = await createFaults({
    settings,
    store,
    host,
    metadata,
    api: apiFaults,
    runner: () => runner,
    onProblem: log,
  });
  // Before the actions, which go on as soon as the host is there: a stuck one must not slip through.
  await faults.resume();
  runner = api.runner;
  hostIsReady(host);
  const second = await listenOn(api, settings.hostAddress, settings.apiPort);
  const control = await startControl(settings, store, host, requests, faults, log);
  log(`ready: ${settings.endpoint}`);
  // Now, because a daemon that is killed has no other occasion to keep its compiled code.
  flushCompileCache();

  const stop = async (signal: string) => {
    log(`${signal}: stopping; machines go on`);
    stopping.abort();
    host.close();
    faults.close();
    for (const server of [metadata, control.socket, second]) server.close();
    await Promise.all([api.close(), control.app.close()]);
    apiLog.close();
    store.close();
    await rm(settings.paths.pidFile, { force: true });
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(signal));
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

function apiSettings(
  settings: LocalCloudSettings,
  recent: RecentRequests,
  apiLog: LineLog,
  log: (line: string) => void,
): ApiSettings {
  return {
    ...settings.behaviour,
    tokens: [
      ...Object.entries(settings.tokens).map(([project, token]) => ({ project, token })),
      ...Object.entries(settings.readTokens).map(
        ([project, token]) => ({ project, token, access: "read" }) as const,
      ),
    ],
    ranges: apiRanges(settings),
    dedicatedServerIps: settings.dedicatedServerIps,
    onRequest: (line) => {
      apiLog.write(JSON.stringify(line));
      recent.add(line);
    },
    onProblem: log,
  };
}

/** Faults of the API are in force with its first answer; the registry times them later. */
async function resumeApiFaults(settings: LocalCloudSettings, faults: ApiFaults): Promise<void> {
  const { records } = await readFaultFile(settings.paths.faults);
  for (const { id, fault, ends } of records) {
    if (fault.kind === "api" && Date.parse(ends) > Date.now()) faults.begin(id, fault);
  }
}

/** The API on a second address. */
async function listenOn(api: Api, address: string, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, api.listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return server;
}

async function startControl(
  settings: LocalCloudSettings,
  store: Store,
  host: LinuxHost,
  requests: RecentRequests,
  faults: FaultRegistry,
  log: (line: string) => void,
): Promise<{ app: FastifyInstance; socket: Server }> {
  const app = createControl({
    store,
    host,
    faults,
    requests,
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
    faults: faults.list(),
    daemonMegabytes: Math.round(process.memoryUsage().rss / 1024 ** 2),
  };
}

runDaemon(localCloudSettings()).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
