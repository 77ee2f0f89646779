// After a start of the daemon: the servers that are on and do not run are booted again.

import type { Host } from "../host/contract";
import type { Server } from "../state/rows";
import type { Store } from "../state/store";
import { runStep, type Worlds } from "./hostSteps";
import { serversThatEnd } from "./rows";

/**
 * Boots what ought to run and does not, side by side. What an action is about to end stays off.
 *
 * @param onProblem told of each server that cannot be started; the others are
 */
export async function startMissing(
  store: Store,
  host: Host,
  worlds: Worlds,
  onProblem: (problem: string) => void,
): Promise<void> {
  const alive = await host.running();
  const ending = serversThatEnd(store);
  const missing = store
    .list("server")
    .filter((server) => server.power === "on" && !alive.has(server.id) && !ending.has(server.id));
  const start = async ({ id, name }: Server) => {
    try {
      await runStep(host, { do: "start", server: id }, worlds);
      useUpRescue(store, id);
    } catch (error) {
      onProblem(`server ${id} (${name}) could not be started again: ${String(error)}`);
    }
  };
  await Promise.all(missing.map(start));
}

/** A boot uses the rescue system up. */
function useUpRescue(store: Store, id: number): void {
  store.transaction(() => {
    const server = store.get("server", id);
    if (server?.rescue) store.put("server", { ...server, rescue: null });
  });
}
