import { mkdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { FastifyInstance } from "fastify";
import type { ActionRunner } from "./actions";
import { type Api, type ApiFaults, createApi, createApiFaults, openStore, type Store, worldOf } from "./api";
import { createRecentRequests, type RecentRequests } from "./control/requests";
import { createControl } from "./control/server";
import { type ServerStatus, type Status, serveSocket } from "./control/socket";
import { cloudNameServer, type NameServer } from "./dns";
import { createFaults } from "./faults";
import type { FaultRegistry } from "./faults/registry";
import { findDaemon } from "./findDaemon";
import type { World } from "./host";
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
  // Helpers of a daemon that was killed; the host begins new ones.
  await stopServices(settings);
  const names = cloudNameServer(settings, log);
  const host = await createLinuxHost(settings, { world: worldOf(store), names, onProblem: log });
  // First, because every listener below needs the host's address.
  await host.reconcileNetwork(worldOf(store));
  const metadata = await startMetadataService(settings, () => worldOf(store));
  await startServices(settings, names, worldOf(store), stopping.signal, log);
  const requests = createRecentRequests();
  const apiLog = openLineLog(settings.paths.apiLog, log);
  const apiFaults = createApiFaults();
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
  // Before the API, whose actions go on as soon as it is there: a stuck one must not slip through.
  await faults.resume();
  const { api, second } = await startApi(settings, store, host, apiFaults, requests, apiLog, log);
  runner = api.runner;
  const control = await startControl(settings, store, host, requests, faults, log);
  log(`ready: ${settings.endpoint}`);

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

async function startApi(
  settings: LocalCloudSettings,
  store: Store,
  host: LinuxHost,
  faults: ApiFaults,
  recent: RecentRequests,
  apiLog: LineLog,
  log: (line: string) => void,
): Promise<{ api: Api; second: Server }> {
  const api = createApi({
    store,
    host,
    faults,
    settings: {
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
    },
  });
  await api.app.listen({ host: settings.hostAddress, port: settings.apiPort });
  const second = createServer(api.listener);
  await new Promise<void>((resolve, reject) => {
    second.once("error", reject);
    second.listen(settings.apiPort, "127.0.0.1", resolve);
  });
  return { api, second };
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
