// Faults: what can be broken, and by what.
import type { ActionRunner } from "../actions/runner";
import type { createApiFaults } from "../api";
import type { LinuxHost } from "../linuxHost";
import type { MetadataService } from "../metadata/server";
import type { LocalCloudSettings } from "../settings/cloud";
import type { Store } from "../state/store";
import { apiDriver } from "./apiDriver";
import { clockDriver } from "./clock";
import { freezeDriver } from "./freeze";
import { fullDiskDriver } from "./fullDisk";
import { metadataDriver } from "./guestMetadata";
import { networkFaults } from "./network/driver";
import { powerFaults } from "./power";
import { type FaultRegistry, openFaultRegistry } from "./registry";

export interface FaultOptions {
  readonly settings: LocalCloudSettings;
  readonly store: Store;
  readonly host: Pick<LinuxHost, "onNetworkApplied">;
  readonly metadata: Pick<MetadataService, "slow">;
  readonly api: ReturnType<typeof createApiFaults>;
  readonly runner: ActionRunner;
  readonly onProblem: (problem: string) => void;
}

/** The faults of a cloud that runs on this host. */
export async function createFaults(options: FaultOptions): Promise<FaultRegistry> {
  const { settings, store, onProblem } = options;
  const { renew, ...network } = networkFaults(settings, store);
  const registry = await openFaultRegistry({
    path: settings.paths.faults,
    onProblem,
    drivers: {
      api: apiDriver(options.api, store),
      ...powerFaults(settings, store, options.runner),
      freeze: freezeDriver(settings, store),
      ...network,
      "full-disk": fullDiskDriver(settings, store),
      "clock-shift": clockDriver,
      metadata: metadataDriver(settings, store, options.metadata),
    },
  });
  options.host.onNetworkApplied(() =>
    // A fault that cannot be renewed must not keep a machine from booting.
    renew().catch((error) => onProblem(`faults of the network: ${String(error)}`)),
  );
  options.api.onSpent((id) => {
    registry.end(id).catch((error) => onProblem(`fault ${id}: ${String(error)}`));
  });
  return registry;
}
