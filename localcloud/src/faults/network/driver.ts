import { worldOf } from "../../api";
import { primaryIpOf } from "../../api/addresses/publicAddresses";
import { refuse } from "../../contract/errors";
import type { LocalCloudSettings } from "../../settings/cloud";
import type { Server } from "../../state/rows";
import type { Store } from "../../state/store";
import type { FaultRecord } from "../record";
import type { FaultDriver, FaultOf } from "../registry";
import { serverNamed } from "../targets";
import { RouterFaultApplier, requireNetem } from "./apply";
import { planRouterFaults } from "./plan";

export interface NetworkFaults {
  readonly partition: FaultDriver<FaultOf<"partition">>;
  readonly network: FaultDriver<FaultOf<"network">>;
  /** Again, after the cloud has changed the network: a machine that rebooted has a new port. */
  renew(): Promise<void>;
}

/** Partitions, loss and delay: they live in the routers, where no machine can undo them. */
export function networkFaults(settings: LocalCloudSettings, store: Store): NetworkFaults {
  const applier = new RouterFaultApplier(settings);
  let current: readonly FaultRecord[] = [];
  let queue: Promise<void> = Promise.resolve();

  const renew = () => {
    const run = queue.then(() => applier.apply(planRouterFaults(settings, worldOf(store).servers, current)));
    queue = run.catch(() => undefined);
    return run;
  };
  const bring = async (_record: FaultRecord, active: readonly FaultRecord[]) => {
    current = active;
    await applier.lookBack();
    await renew();
  };
  return {
    partition: {
      targets: (fault) => partitioned(store, fault),
      begin: bring,
      end: (record, active) => bring(record, active),
    },
    network: {
      async targets({ server: name, side, delayMs }) {
        const server = serverNamed(store, name);
        requireSide(store, server, side === "public", side === "private", "fault.side");
        if (delayMs > 0) await requireNetem("fault.delayMs", delayMs);
        return [server.id];
      },
      begin: bring,
      end: (record, active) => bring(record, active),
    },
    renew,
  };
}

function partitioned(store: Store, { server: name, from }: FaultOf<"partition">): number[] {
  const server = serverNamed(store, name);
  if (typeof from !== "object") {
    requireSide(store, server, from === "internet", from === "private", "fault.from");
    return [server.id];
  }
  const other = serverNamed(store, from.server, "fault.from.server");
  if (other.id === server.id) throw refuse("fault.from.server", from.server, "must be another server");
  return [server.id, other.id];
}

function requireSide(
  store: Store,
  server: Server,
  needsPublic: boolean,
  needsPrivate: boolean,
  path: string,
) {
  const isPublic = primaryIpOf(store, server.id, "ipv4") ?? primaryIpOf(store, server.id, "ipv6");
  if (needsPublic && isPublic === undefined) {
    throw refuse(path, server.name, "has no public address, so nothing can be cut there");
  }
  if (needsPrivate && server.privateNets.length === 0) {
    throw refuse(path, server.name, "is in no network, so nothing can be cut there");
  }
}
