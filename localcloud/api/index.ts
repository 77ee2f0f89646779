// The Hetzner Cloud API of the local cloud.
import type { FastifyInstance } from "fastify";
import { type ActionRunner, createActionRunner } from "../actions";
import type { Host } from "../host";
import type { Store } from "../store";
import type { AnyWork } from "../work";
import { globalActionRoutes } from "./actionRoutes";
import type { Route } from "./call";
import { catalogueRoutes } from "./catalogueRoutes";
import { minimumMs } from "./durations";
import { type ApiFaults, createApiFaults } from "./faults/active";
import { firewallActionRoutes, firewallWorks } from "./firewallActions";
import { firewallRoutes } from "./firewalls";
import { floatingIpRoutes, floatingIpWorks } from "./floatingIps";
import { createHttp } from "./http";
import { imageRoutes, imageWorks } from "./images";
import { watchMachines } from "./machineExits";
import { networkActionRoutes, networkWorks } from "./networkActions";
import { networkRoutes } from "./networks";
import { placementGroupRoutes } from "./placementGroups";
import { primaryIpRoutes, primaryIpWorks } from "./primaryIps";
import { changeDnsPtr } from "./reverseDns";
import { serverImageRoutes, serverImageWorks } from "./serverImages";
import { serverNetworkRoutes, serverNetworkWorks } from "./serverNetworks";
import { serverPowerRoutes, serverPowerWorks } from "./serverPower";
import { serverRoutes, serverWorks } from "./servers";
import { type ApiSettings, withDefaults } from "./settings";
import { sshKeyRoutes } from "./sshKeys";
import { volumeActionRoutes, volumeWorks } from "./volumeActions";
import { volumeRoutes } from "./volumes";
import { worldOf } from "./world";

export { openStore, type Store } from "../store";
export { type ApiFaults, createApiFaults } from "./faults/active";
export { type ApiSettings, type RequestLog, type TokenSetting, timeScales } from "./settings";
export { worldOf } from "./world";

export interface ApiOptions {
  readonly store: Store;
  readonly host: Host;
  readonly settings: ApiSettings;
  /** @default none */
  readonly faults?: ApiFaults;
}

export const routes: readonly Route[] = [
  ...globalActionRoutes,
  ...catalogueRoutes,
  ...sshKeyRoutes,
  ...placementGroupRoutes,
  ...networkRoutes,
  ...networkActionRoutes,
  ...firewallRoutes,
  ...firewallActionRoutes,
  ...floatingIpRoutes,
  ...primaryIpRoutes,
  ...volumeRoutes,
  ...volumeActionRoutes,
  ...imageRoutes,
  ...serverRoutes,
  ...serverPowerRoutes,
  ...serverNetworkRoutes,
  ...serverImageRoutes,
];

const works: readonly AnyWork[] = [
  changeDnsPtr,
  ...networkWorks,
  ...firewallWorks,
  ...floatingIpWorks,
  ...primaryIpWorks,
  ...volumeWorks,
  ...imageWorks,
  ...serverWorks,
  ...serverPowerWorks,
  ...serverNetworkWorks,
  ...serverImageWorks,
];

/** The API and what runs behind it. */
export interface Api {
  /** Listens where the caller says: `await api.app.listen({ host: "127.0.0.1", port })`. */
  readonly app: FastifyInstance;
  readonly runner: ActionRunner;
  /** Stops answering and running; what was running goes on after the next start. Leaves the store open. */
  close(): Promise<void>;
}

/**
 * Builds the API on a store and a machine room. When the application becomes ready (`listen` or `ready`), it
 * brings the network to the stored state, boots the machines that should run and goes on with the actions that
 * were running, in the background: requests are answered meanwhile and their actions wait.
 */
export function createApi({ store, host, settings: given, faults = createApiFaults() }: ApiOptions): Api {
  const settings = withDefaults(given);
  const runner = createActionRunner({
    store,
    host,
    works,
    worldOf,
    minimumMs: (command) => minimumMs(command, settings.timeScale),
    faults,
    onProblem: settings.onProblem,
  });
  watchMachines(store, host);
  const app = createHttp({ store, settings, runner, routes, faults });
  app.addHook("onReady", async () => {
    runner.resume().catch((error) => settings.onProblem(`start: ${String(error)}`));
  });
  return {
    app,
    runner,
    async close() {
      runner.stop();
      await app.close();
    },
  };
}
