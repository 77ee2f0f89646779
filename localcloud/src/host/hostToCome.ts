import type { Host } from "./contract";

/** What is answered at once and so cannot wait: nothing is known yet. */
type Immediate = Pick<Host, "targetHealth" | "traffic" | "onExit" | "onZoneTransfer">;

/**
 * A host that is still being looked at, for an API that answers already: what is asked of it waits until it is
 * there, and fails when it never comes.
 */
export function hostToCome(coming: Promise<Host>): Host {
  let host: Host | undefined;
  coming.then(
    (ready) => {
      host = ready;
    },
    // Told to everybody who waits.
    () => undefined,
  );
  const whenReady = (work: (ready: Host) => void) => {
    coming.then(work, () => undefined);
  };
  const immediate: Immediate = {
    targetHealth: (...question) => host?.targetHealth(...question) ?? "unknown",
    traffic: (id) => host?.traffic(id) ?? [],
    onExit: (listener) => whenReady((ready) => ready.onExit(listener)),
    onZoneTransfer: (listener) => whenReady((ready) => ready.onZoneTransfer(listener)),
  };
  // All other methods answer with a promise, so one way of waiting serves them all.
  return new Proxy(immediate as Host, {
    get: (known, name) =>
      Reflect.get(known, name) ??
      (async (...args: unknown[]) => {
        const ready = await coming;
        const method: unknown = Reflect.get(ready, name);
        if (typeof method !== "function") throw new Error(`a host has no method ${String(name)}`);
        return method.apply(ready, args) as unknown;
      }),
  });
}
