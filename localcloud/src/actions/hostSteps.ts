// The one interpreter of host steps, and the coalescing of network reconciliations.
import { setImmediate } from "node:timers/promises";
import type { Host, World } from "../host/contract";
import { type HostStep, type Outcome, serverSpec, storageBoxSpec, volumeSpec } from "./work";

/** The world without and with the effects of the actions that run now. */
export interface Worlds {
  before(): World;
  after(): World;
}

export async function runStep(host: Host, step: HostStep, worlds: Worlds): Promise<Outcome> {
  switch (step.do) {
    case "createServer":
    case "rebuildServer":
      await host[step.do](serverSpec(worlds.after(), step.server));
      return {};
    case "start": {
      // A boot uses the rescue system up: after its effect the server has none, but this boot still starts it.
      const { rescue } = serverSpec(worlds.before(), step.server);
      await host.start({ ...serverSpec(worlds.after(), step.server), ...(rescue && { rescue }) });
      return {};
    }
    case "setRootPassword":
      await host.setRootPassword(step.server, step.rootPasswordHash);
      return {};
    case "powerOff":
    case "requestShutdown":
    case "requestReboot":
    case "removeServer":
      await host[step.do](step.server);
      return {};
    case "createVolume":
    case "resizeVolume":
      await host[step.do](volumeSpec(worlds.after(), step.volume));
      return {};
    case "removeVolume":
      await host.removeVolume(step.volume);
      return {};
    case "attachVolume": {
      const world = worlds.after();
      await host.attachVolume(volumeSpec(world, step.volume), serverSpec(world, step.server), step.automount);
      return {};
    }
    case "detachVolume":
      await host.detachVolume(volumeSpec(worlds.before(), step.volume));
      return {};
    case "createSnapshot":
      return {
        snapshotBytes: await host.createSnapshot(step.image, serverSpec(worlds.before(), step.server)),
      };
    case "removeSnapshot":
      await host.removeSnapshot(step.image);
      return {};
    case "settleStorageBox":
      await host.settleStorageBox(storageBoxSpec(worlds.after(), step.box));
      return {};
    case "removeStorageBox":
      await host.removeStorageBox(step.box);
      return {};
    case "createStorageBoxSnapshot":
    case "removeStorageBoxSnapshot":
      await host[step.do](step.box, step.snapshot);
      return {};
    case "rollbackStorageBox":
      await host.rollbackStorageBox(storageBoxSpec(worlds.after(), step.box), step.snapshot);
      return {};
    case "issueCertificate":
      return { issued: await host.issueCertificate(step.domainNames) };
    case "requireLoadBalancer":
      await host.requireLoadBalancer(step.loadBalancer);
      return {};
  }
}

export interface Reconciler {
  /** Resolves when a reconciliation that began after this call has ended. */
  settle(): Promise<void>;
}

/**
 * Many changes at once become few reconciliations: one runs, at most one waits.
 *
 * @param apply brings the host to a world
 */
export function createReconciler(apply: (world: World) => Promise<void>, world: () => World): Reconciler {
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;

  const reconcile = async () => {
    await setImmediate();
    await apply(world());
  };
  const begin = (): Promise<void> => {
    const run = reconcile().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };

  return {
    settle() {
      if (running === null) return begin();
      waiting ??= running
        .catch(() => undefined)
        .then(() => {
          waiting = null;
          return begin();
        });
      return waiting;
    },
  };
}
