// Faults: what can be broken, and by what.
import type { Fault } from "../control/contract";
import { refuse } from "../control/errors";
import type { LinuxHost } from "../machines/host";
import type { LocalCloudSettings } from "../settings";
import type { Store } from "../store";
import { setFrozen } from "./freeze";
import { createFaultRegistry, type FaultDriver, type FaultRegistry } from "./registry";
import { runningServer } from "./targets";

export interface FaultOptions {
  readonly settings: LocalCloudSettings;
  readonly store: Store;
  readonly host: LinuxHost;
  readonly onProblem: (problem: string) => void;
}

/** The faults of a cloud that runs on this host. */
export function createFaults(options: FaultOptions): Promise<FaultRegistry> {
  const { settings, store, onProblem } = options;
  const freeze: FaultDriver = {
    targets: (fault) => ("server" in fault ? [runningServer(store, fault.server).id] : []),
    begin: ({ servers }) => each(servers, (id) => setFrozen(settings, id, true)),
    end: ({ servers, fault }, active) =>
      each(servers, async (id) => {
        const again = active.some((other) => other.fault.kind === fault.kind && other.servers.includes(id));
        if (!again) await setFrozen(settings, id, false);
      }),
  };
  const driverOf = (fault: Fault): FaultDriver => {
    if (fault.kind === "freeze") return freeze;
    throw refuse("fault.kind", fault.kind, "cannot be done yet");
  };
  return createFaultRegistry({ path: settings.paths.faults, driverOf, onProblem });
}

async function each(ids: readonly number[], work: (id: number) => Promise<void>): Promise<void> {
  for (const id of ids) await work(id);
}
