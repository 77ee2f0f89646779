// What happens by the clock and not by a request: rescue systems expire, servers are backed up and managed
// certificates renewed.
import type { ActionRunner } from "../actions/runner";
import type { Host } from "../host/contract";
import type { Settings } from "../settings/api";
import type { Action } from "../state/rows";
import type { Store } from "../state/store";
import type { Call } from "./calls/call";
import { beginRenewal, certificatesToRenew } from "./certificates/issue";
import { beginDailyBackup, serversToBackUp } from "./servers/actions/backups";
import { expireRescue } from "./servers/actions/rescue";

export interface Clock {
  /** Does what is due now; called every 15 s, and by tests. */
  tick(): void;
  /** Begins to tick. */
  start(): void;
  stop(): void;
}

const tickMs = 15_000;

export interface ClockOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: Settings;
  readonly runner: ActionRunner;
}

export function createClock(options: ClockOptions): Clock {
  const { store, settings, runner } = options;
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    const now = settings.clock().getTime();
    if (store.transaction(() => expireRescue(store, now))) runner.networkChanged();
    for (const server of serversToBackUp(store, now)) {
      asProject(options, server.project, (call) => beginDailyBackup(call, server));
    }
    for (const certificate of certificatesToRenew(store, now)) {
      asProject(options, certificate.project, (call) => beginRenewal(call, certificate));
    }
  };
  return {
    tick,
    start() {
      timer = setInterval(() => {
        try {
          tick();
        } catch (error) {
          settings.onProblem(`clock: ${String(error)}`);
        }
      }, tickMs);
      // A timer alone keeps no process alive.
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** Runs what a request of the project would do, with the same guarantees. */
function asProject(
  { store, host, settings, runner }: ClockOptions,
  project: number,
  work: (call: Call) => void,
) {
  const begun: Action[] = [];
  const call: Call = {
    store,
    host,
    settings,
    project,
    params: {},
    query: {},
    body: {},
    url: "",
    begin: (next, args, options) => {
      const action = runner.begin(project, next, args, options);
      begun.push(action);
      return action;
    },
    networkChanged: () => runner.networkChanged(),
  };
  store.transaction(() => work(call));
  runner.launch(begun);
}
