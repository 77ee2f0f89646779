import { mkdir, rm } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { whenSignalled } from "../../../toolchain/signals";
import { type ApiFaults, type ApiSettings, createApi, createApiFaults, openStore } from "../api";
import { createRecentRequests, type RecentRequests } from "../control/requests";
import { readFaultFile } from "../faults/record";
import type { Host } from "../host/contract";
import { HostToCome } from "../host/hostToCome";
import { writeAtomically } from "../linux/files";
import { identify } from "../linux/processes";
import { type LocalCloudSettings, localCloudSettings } from "../settings/cloud";
import { apiRanges } from "../settings/names";
import { leaveNote } from "./clouds";
import { findDaemon } from "./findDaemon";
import { type LineLog, openLineLog } from "./lineLog";

/**
 * Runs the local cloud until SIGTERM. Machines and helper processes outlive it: the next daemon finds the
 * machines and replaces the helpers.
 *
 * The API answers first, with what answers need; all else is loaded and started after that.
 */
async function runDaemon(settings: LocalCloudSettings): Promise<void> {
  await becomeTheDaemon(settings);
  const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

  const store = openStore(settings.paths.store);
  const requests = createRecentRequests();
  const apiLog = openLineLog(settings.paths.apiLog, log);
  const apiFaults = createApiFaults();
  await resumeApiFaults(settings, apiFaults);
  let hostIsReady: (host: Host) => void = () => undefined;
  const coming = new Promise<Host>((resolve) => {
    hostIsReady = resolve;
  });
  const api = createApi({
    store,
    host: new HostToCome(coming),
    faults: apiFaults,
    settings: apiSettings(settings, requests, apiLog, log),
  });
  // Answers before anything else is there; actions wait for the host.
  await api.listen({ host: "127.0.0.1", port: settings.apiPort });

  await api.background;
  const { startSurroundings } = await import("./surroundings.js");
  const shared = { settings, store, api, apiFaults, requests, hostIsReady, log };
  const surroundings = await startSurroundings(shared);
  log(`ready: ${settings.endpoint}`);
  // Now, because a daemon that is killed has no other occasion to keep its compiled code.
  flushCompileCache();

  onceStopped(async (signal) => {
    log(`${signal}: stopping; machines go on`);
    surroundings.stop();
    await Promise.all([api.close(), surroundings.closed()]);
    apiLog.close();
    store.close();
    await rm(settings.paths.pidFile, { force: true });
  });
}

/** @throws when another one runs */
async function becomeTheDaemon(settings: LocalCloudSettings): Promise<void> {
  await mkdir(settings.stateDir, { recursive: true, mode: 0o700 });
  const running = await findDaemon(settings);
  if (running !== undefined) throw new Error(`a daemon runs already as process ${running.pid}`);
  await writeAtomically(settings.paths.pidFile, JSON.stringify(await identify(process.pid)));
  await leaveNote(settings);
}

/** Ends the process after this, at the first signal that asks for it. */
function onceStopped(stop: (signal: string) => Promise<void>): void {
  const exit = async (signal: string) => {
    await stop(signal);
    process.exit(0);
  };
  whenSignalled((signal) => void exit(signal));
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

runDaemon(localCloudSettings()).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
