// The one interpreter of host steps, and the coalescing of network reconciliations.
import { setImmediate } from "node:timers/promises";
import type { Host, World } from "../host/contract";
import { type HostStep, type Outcome, serverSpec, storageBoxSpec, volumeSpec } from "./work";

/** The world without and with the effects of the actions that run now. */
export interface Worlds {
  before(): World;
  after(): World;
}

type Finding = "createSnapshot" | "issueCertificate";
type Plain = Exclude<HostStep["do"], Finding>;

/** The step of one name; several names may share a form. */
type StepOf<Name> = HostStep extends infer Step
  ? Step extends { readonly do: infer Names }
    ? Name extends Names
      ? Step
      : never
    : never
  : never;

type Run<Step> = (host: Host, step: Step, worlds: Worlds) => Promise<void>;

/** What finds nothing out. Specifications come from the world as it will be, unless a comment says why not. */
const plainSteps: { readonly [Name in Plain]: Run<StepOf<Name>> } = {
  createServer: (host, { server }, worlds) => host.createServer(serverSpec(worlds.after(), server)),
  rebuildServer: (host, { server }, worlds) => host.rebuildServer(serverSpec(worlds.after(), server)),
  start(host, { server }, worlds) {
    // A boot uses the rescue system up: after its effect the server has none, but this boot still starts it.
    const { rescue } = serverSpec(worlds.before(), server);
    return host.start({ ...serverSpec(worlds.after(), server), ...(rescue && { rescue }) });
  },
  setRootPassword: (host, { server, rootPasswordHash }) => host.setRootPassword(server, rootPasswordHash),
  powerOff: (host, { server }) => host.powerOff(server),
  requestShutdown: (host, { server }) => host.requestShutdown(server),
  requestReboot: (host, { server }) => host.requestReboot(server),
  removeServer: (host, { server }) => host.removeServer(server),
  createVolume: (host, { volume }, worlds) => host.createVolume(volumeSpec(worlds.after(), volume)),
  resizeVolume: (host, { volume }, worlds) => host.resizeVolume(volumeSpec(worlds.after(), volume)),
  removeVolume: (host, { volume }) => host.removeVolume(volume),
  attachVolume(host, { volume, server, automount }, worlds) {
    const world = worlds.after();
    return host.attachVolume(volumeSpec(world, volume), serverSpec(world, server), automount);
  },
  // Where it is now: afterwards it is nowhere.
  detachVolume: (host, { volume }, worlds) => host.detachVolume(volumeSpec(worlds.before(), volume)),
  removeSnapshot: (host, { image }) => host.removeSnapshot(image),
  settleStorageBox: (host, { box }, worlds) => host.settleStorageBox(storageBoxSpec(worlds.after(), box)),
  removeStorageBox: (host, { box }) => host.removeStorageBox(box),
  createStorageBoxSnapshot: (host, { box, snapshot }) => host.createStorageBoxSnapshot(box, snapshot),
  removeStorageBoxSnapshot: (host, { box, snapshot }) => host.removeStorageBoxSnapshot(box, snapshot),
  rollbackStorageBox: (host, { box, snapshot }, worlds) =>
    host.rollbackStorageBox(storageBoxSpec(worlds.after(), box), snapshot),
  requireLoadBalancer: (host, { loadBalancer }) => host.requireLoadBalancer(loadBalancer),
};

/** Does one step, and tells what it found out. */
export async function runStep(host: Host, step: HostStep, worlds: Worlds): Promise<Outcome> {
  if (step.do === "createSnapshot") {
    const server = serverSpec(worlds.before(), step.server);
    return { snapshotBytes: await host.createSnapshot(step.image, server) };
  }
  if (step.do === "issueCertificate") return { issued: await host.issueCertificate(step.domainNames) };
  // A step's name names what runs it, which the compiler cannot follow.
  const run = plainSteps[step.do] as Run<HostStep>;
  await run(host, step, worlds);
  return {};
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
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;

  const reconcile = async () => {
    await setImmediate();
    await apply(world());
  };
  const begin = (): Promise<void> => {
    const run = reconcile().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };

  return {
    settle() {
      if (running === undefined) return begin();
      waiting ??= running
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          return begin();
        });
      return waiting;
    },
  };
}
