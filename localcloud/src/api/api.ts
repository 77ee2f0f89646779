// The API as a whole: who answers, what runs actions, and what happens without a request.
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ActionRunner } from "../actions/runner";
import type { Host } from "../host/contract";
import { type ApiSettings, withDefaults } from "../settings/api";
import type { Store } from "../state/store";
import type { Background } from "./background";
import { catalogueRoutes } from "./catalogue/catalogueRoutes";
import { minimumMs } from "./durations";
import { type ApiFaults, createApiFaults } from "./faults/active";
import { createHttp, type ListenAt } from "./http";
import { createLateBackground } from "./lateBackground";
import { worldOf } from "./world";

export interface ApiOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: ApiSettings;
  /** @default none */
  readonly faults?: ApiFaults;
}

/** The API and what runs behind it. */
export interface Api {
  /** Answers at this address too from now on; what runs by itself begins soon after the first. */
  listen(at: ListenAt): Promise<AddressInfo>;
  /** Begins without an address of its own, for servers of others. */
  begin(): void;
  /** Answers one request, for tests. */
  readonly listener: RequestListener;
  readonly runner: ActionRunner;
  /** Resolves when what runs by itself has begun. */
  readonly background: Promise<Background>;
  /** Stops answering and running; what was running goes on after the next start. Leaves the store open. */
  close(): Promise<void>;
}

/** Loaded after the first answer: most of the time to start would go there. */
const families = () => import("./families.js");

/**
 * Builds the API on a store and a machine room. With `listen` or `begin` it brings the network to the stored
 * state, boots the machines that should run and goes on with the actions that were running, in the background:
 * requests are answered meanwhile and their actions wait.
 */
export function createApi({ store, host, settings: given, faults = createApiFaults() }: ApiOptions): Api {
  const settings = withDefaults(given);
  const runner = new ActionRunner({
    store,
    host,
    works: async () => (await families()).works,
    worldOf,
    minimumMs: (command) => minimumMs(command, settings.timeScale),
    faults,
    onProblem: settings.onProblem,
  });
  const routes = { first: catalogueRoutes, rest: async () => (await families()).familyRoutes };
  const http = createHttp({ store, host, settings, runner, routes, faults });
  const background = createLateBackground({ store, host, settings, runner });
  return {
    listener: http.listener,
    runner,
    background: background.begun,
    begin: background.begin,
    async listen(at) {
      const address = await http.listen(at);
      background.begin();
      return address;
    },
    async close() {
      background.stop();
      runner.stop();
      await http.close();
    },
  };
}
