// Writes down how the transfers of secondary zones went.
import type { Host } from "../../host/contract";
import type { Store } from "../../state/store";

export function watchTransfers(store: Store, host: Host) {
  host.onZoneTransfer((id, transfer) => {
    const zone = store.get("zone", id);
    if (zone === undefined || zone.mode !== "secondary") return;
    const { answered, recordCount } = zone.transfer ?? {};
    if (answered === transfer.answered && recordCount === transfer.recordCount) return;
    store.transaction(() => store.put("zone", { ...zone, transfer }));
  });
}
