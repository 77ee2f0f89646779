// What an action does, as data and small pure functions: host steps first, then an effect on the state that is
// committed together with the action's success. A restart finds the work by its name and does it again.
import type { IssuedCertificate, ServerSpec, VolumeSpec, World } from "../host/contract";
import type { StorageBoxSpec } from "../host/storageBoxes";
import type { Action, ResourceRef } from "../state/rows";
import type { Store } from "../state/store";

/** One call of the machine room. Specifications are taken from the world as it is after the work's effect. */
export type HostStep =
  | { readonly do: "createServer" | "rebuildServer" | "start"; readonly server: number }
  | {
      readonly do: "powerOff" | "requestShutdown" | "requestReboot" | "removeServer";
      readonly server: number;
    }
  | { readonly do: "setRootPassword"; readonly server: number; readonly rootPasswordHash: string }
  | { readonly do: "createVolume" | "resizeVolume"; readonly volume: number }
  | { readonly do: "removeVolume"; readonly volume: number }
  | {
      readonly do: "attachVolume";
      readonly volume: number;
      readonly server: number;
      readonly automount: boolean;
    }
  /** Detaching needs to know where the volume is now, so it takes the world before the effect. */
  | { readonly do: "detachVolume"; readonly volume: number }
  | { readonly do: "createSnapshot"; readonly image: number; readonly server: number }
  | { readonly do: "removeSnapshot"; readonly image: number }
  | { readonly do: "settleStorageBox" | "removeStorageBox"; readonly box: number }
  | {
      readonly do: "createStorageBoxSnapshot" | "removeStorageBoxSnapshot" | "rollbackStorageBox";
      readonly box: number;
      readonly snapshot: string;
    }
  | { readonly do: "issueCertificate"; readonly domainNames: readonly string[] }
  | { readonly do: "requireLoadBalancer"; readonly loadBalancer: number };

/** What the steps found out; empty while an effect is only previewed. */
export interface Outcome {
  readonly snapshotBytes?: number;
  readonly issued?: IssuedCertificate;
}

export interface Work<A> {
  /** Key in the plan of an action; never renamed, because a stored action may carry it. */
  readonly name: string;
  /** The command that the API shows. */
  readonly command: string;
  /** True when the effect changes what `Host.reconcileNetwork` makes. */
  readonly network: boolean;
  /** True when steps and network do not need each other, so that the network begins with the first step. */
  readonly networkAtOnce: boolean;
  /** True when the effect changes what `Host.reconcileNames` makes. */
  readonly names: boolean;
  /** Evaluated when the action runs, so that it sees the state of that moment. */
  steps(store: Store, args: A): readonly HostStep[];
  /** Steps that need the network to be as the effect makes it. */
  finalSteps(store: Store, args: A): readonly HostStep[];
  /** Throws `ActionFailure` when the state no longer allows it. */
  effect(store: Store, args: A, outcome: Outcome): void;
  /** What a failure leaves of the request's own changes, committed together with the action's error. */
  failed(store: Store, args: A, failure: Failure): void;
}

export type Failure = NonNullable<Action["error"]>;

/** Ends an action with `status: error` and this code and message. */
export class ActionFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** For an effect that meets a world without what it is about. */
export const gone = (what: string, id: number | string) =>
  new ActionFailure("action_failed", `${what} ${id} no longer exists`);

/** Declares a work; what is left out does nothing. */
export function defineWork<A extends object>(
  work: Pick<Work<A>, "name" | "command"> & Partial<Work<A>>,
): Work<A> {
  return {
    network: false,
    networkAtOnce: false,
    names: false,
    steps: () => [],
    finalSteps: () => [],
    effect: () => undefined,
    failed: () => undefined,
    ...work,
  };
}

/** Some work of any arguments, as registries hold it. */
export type AnyWork = Work<never>;

export interface BeginOptions {
  readonly resources: readonly ResourceRef[];
  /** Id of the action that must succeed first; this one then fails with it. */
  readonly after?: number | null;
  /** Housekeeping of the host that Hetzner shows no action for. @default false */
  readonly hidden?: boolean;
}

const running = new WeakMap<readonly Action[], readonly Action[]>();

/** The actions that have not ended; found once for each state of the list. */
export function runningActions(store: Store): readonly Action[] {
  const all = store.list("action");
  const known = running.get(all);
  if (known !== undefined) return known;
  const found = all.filter(({ status }) => status === "running");
  running.set(all, found);
  return found;
}

export function serverSpec(world: World, id: number): ServerSpec {
  const spec = world.servers.find((server) => server.id === id);
  if (spec === undefined) throw gone("server", id);
  return spec;
}

export function volumeSpec(world: World, id: number): VolumeSpec {
  const spec = world.volumes.find((volume) => volume.id === id);
  if (spec === undefined) throw gone("volume", id);
  return spec;
}

export function storageBoxSpec(world: World, id: number): StorageBoxSpec {
  const spec = world.storageBoxes.find((box) => box.id === id);
  if (spec === undefined) throw gone("storage box", id);
  return spec;
}
