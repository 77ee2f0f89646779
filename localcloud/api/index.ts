// The Hetzner Cloud API of the local cloud.
import type { RequestListener } from "node:http";
import type { FastifyInstance } from "fastify";
import { type ActionRunner, createActionRunner } from "../actions";
import type { Host } from "../host";
import type { Store } from "../store";
import type { AnyWork } from "../work";
import { globalActionRoutes } from "./actionRoutes";
import { floatingIpRoutes, floatingIpWorks } from "./addresses/floatingIps";
import { primaryIpRoutes, primaryIpWorks } from "./addresses/primaryIps";
import { changeDnsPtr } from "./addresses/reverseDns";
import type { Route } from "./call";
import { catalogueRoutes } from "./catalogue/catalogueRoutes";
import { certificateRoutes, certificateWorks } from "./certificates";
import { type Clock, createClock } from "./clock";
import { minimumMs } from "./durations";
import { type ApiFaults, createApiFaults } from "./faults/active";
import { firewallActionRoutes, firewallWorks } from "./firewalls/firewallActions";
import { firewallRoutes } from "./firewalls/firewalls";
import { createHttp } from "./http";
import { imageRoutes, imageWorks } from "./images";
import { loadBalancerRoutes, loadBalancerWorks } from "./loadBalancers";
import { watchMachines } from "./machineExits";
import { networkActionRoutes, networkWorks } from "./networks/networkActions";
import { networkRoutes } from "./networks/networks";
import { placementGroupRoutes } from "./placement/placementGroups";
import { serverActionRoutes, serverActionWorks } from "./servers/actions";
import { serverImageRoutes, serverImageWorks } from "./servers/serverImages";
import { serverNetworkRoutes, serverNetworkWorks } from "./servers/serverNetworks";
import { serverPowerRoutes, serverPowerWorks } from "./servers/serverPower";
import { serverRoutes, serverWorks } from "./servers/servers";
import { type ApiSettings, withDefaults } from "./settings";
import { sshKeyRoutes } from "./sshKeys";
import { storageBoxRoutes, storageBoxWorks } from "./storageBoxes";
import { createSnapshotScheduler } from "./storageBoxes/scheduler";
import { volumeActionRoutes, volumeWorks } from "./volumes/volumeActions";
import { volumeRoutes } from "./volumes/volumes";
import { worldOf } from "./world";
import { zoneRoutes, zoneWorks } from "./zones";
import { watchTransfers } from "./zones/transfers";

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
  ...storageBoxRoutes,
  ...zoneRoutes,
  ...serverActionRoutes,
  ...certificateRoutes,
  ...loadBalancerRoutes,
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
  ...storageBoxWorks,
  ...zoneWorks,
  ...serverActionWorks,
  ...certificateWorks,
  ...loadBalancerWorks,
];

/** The API and what runs behind it. */
export interface Api {
  /** Listens where the caller says: `await api.app.listen({ host: "127.0.0.1", port })`. */
  readonly app: FastifyInstance;
  /** Answers one request: for tests, and for a server on a second address. */
  readonly listener: RequestListener;
  readonly runner: ActionRunner;
  /** Begins the snapshots of storage boxes whose plan is due; the running API does so by itself. */
  takeDueSnapshots(): void;
  /** What happens by the time of day. */
  readonly clock: Clock;
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
  const snapshots = createSnapshotScheduler({ store, runner, settings });
  watchMachines(store, host);
  watchTransfers(store, host);
  const { app, listener } = createHttp({ store, host, settings, runner, routes, faults });
  const clock = createClock({ store, host, settings, runner });
  app.addHook("onReady", async () => {
    // Before machines are booted again: what expired meanwhile is not booted.
    clock.tick();
    clock.start();
    runner.resume().catch((error) => settings.onProblem(`start: ${String(error)}`));
    snapshots.start();
  });
  return {
    app,
    listener,
    runner,
    takeDueSnapshots: snapshots.takeDue,
    clock,
    async close() {
      snapshots.stop();
      clock.stop();
      runner.stop();
      await app.close();
    },
  };
}
