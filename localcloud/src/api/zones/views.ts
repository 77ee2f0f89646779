// Zones and record sets as clients read them.

import { runningActions } from "../../actions/work";
import { assignedNameservers } from "../../dns/authority";
import type { RecordSet, Zone } from "../../state/rows";
import type { Store } from "../../state/store";
import { type Call, ref } from "../calls/call";
import { isOf } from "./zoneWorks";

export function renderZone(call: Call, zone: Zone) {
  return {
    id: zone.id,
    name: zone.name,
    created: zone.created,
    mode: zone.mode,
    primary_nameservers: zone.primaryNameservers.map(({ address, port, tsigAlgorithm, tsigKey }) => ({
      address,
      port,
      ...(tsigAlgorithm !== null && { tsig_algorithm: tsigAlgorithm }),
      ...(tsigKey !== null && { tsig_key: tsigKey }),
    })),
    labels: zone.labels,
    protection: { delete: zone.protected },
    ttl: zone.ttl,
    status: zoneStatus(call.store, zone),
    record_count: recordCount(zone),
    authoritative_nameservers: {
      assigned: assignedNameservers,
      // No registry stands above the local cloud: nobody delegates to it.
      delegated: [],
      delegation_last_check: zone.created,
      delegation_status: "unregistered",
    },
    registrar: "other",
  };
}

/** Being published while a change runs; wrong when the last one failed or no primary name server answered. */
export function zoneStatus(store: Store, zone: Zone): "ok" | "updating" | "error" {
  const ofZone = isOf(ref("zone", zone.id));
  if (runningActions(store).some(ofZone)) return "updating";
  if (zone.mode === "secondary") {
    if (zone.transfer === null) return "updating";
    return zone.transfer.answered ? "ok" : "error";
  }
  return store.list("action").findLast(ofZone)?.status === "error" ? "error" : "ok";
}

function recordCount(zone: Zone): number {
  if (zone.mode === "secondary") return zone.transfer?.recordCount ?? 0;
  return zone.recordSets.reduce((count, { records }) => count + records.length, 0);
}

export const recordSetId = ({ name, type }: { name: string; type: string }) => `${name}/${type}`;

export function renderRecordSet(zone: Zone, set: RecordSet) {
  return {
    id: recordSetId(set),
    name: set.name,
    type: set.type,
    ttl: set.ttl,
    labels: set.labels,
    protection: { change: set.protected },
    records: set.records.map(({ value, comment }) => ({ value, ...(comment !== null && { comment }) })),
    zone: zone.id,
  };
}
