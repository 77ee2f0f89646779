// The one interpreter of host steps, and the coalescing of network reconciliations.
import { setImmediate } from "node:timers/promises";
import type { Host, World } from "./host";
import { type HostStep, type Outcome, serverSpec, volumeSpec } from "./work";

/** The world without and with the effects of the actions that run now. */
export interface Worlds {
  before(): World;
  after(): World;
}

export async function runStep(host: Host, step: HostStep, worlds: Worlds): Promise<Outcome> {
  switch (step.do) {
    case "createServer":
    case "rebuildServer":
    case "start":
      await host[step.do](serverSpec(worlds.after(), step.server));
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
  }
}

export interface Reconciler {
  /** Resolves when a reconciliation that began after this call has ended. */
  settle(): Promise<void>;
}

/** Many changes at once become few reconciliations: one runs, at most one waits. */
export function createReconciler(host: Host, world: () => World): Reconciler {
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;

  const reconcile = async () => {
    await setImmediate();
    await host.reconcileNetwork(world());
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
