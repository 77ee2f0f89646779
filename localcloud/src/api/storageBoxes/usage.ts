// Sizes come from the file systems: a request that shows them asks the host first.
import type { Host } from "../../host/contract";
import type { BoxUsage } from "../../host/storageBoxes";
import type { StorageBox } from "../../state/rows";
import type { Store } from "../../state/store";
import { type Call, findOwned, listOwned, type Route, readId } from "../calls/call";

/** The route with the sizes of what it shows brought up to date before it answers. */
export function withUsage(route: Route): Route {
  return {
    ...route,
    ask: async (call, host) => {
      const known = await askUsage(call, host);
      return (after) => {
        for (const [id, usage] of known) storeUsage(after.store, id, usage);
        return route.handle(after);
      };
    },
  };
}

async function askUsage(call: Call, host: Host): Promise<ReadonlyMap<number, BoxUsage>> {
  const known = new Map<number, BoxUsage>();
  for (const { id } of concerned(call)) {
    // Sizes of a moment ago are no reason to refuse an answer.
    const usage = await host.storageBoxUsage(id).catch((error: Error) => {
      call.settings.onProblem(`usage of storage box ${id}: ${error.message}`);
      return undefined;
    });
    if (usage !== undefined) known.set(id, usage);
  }
  return known;
}

function concerned(call: Call): readonly StorageBox[] {
  if (call.params.id === undefined) return listOwned(call, "storage_box");
  const box = findOwned(call, "storage_box", readId(call.params.id));
  return box === undefined ? [] : [box];
}

function storeUsage(store: Store, id: number, usage: BoxUsage) {
  const box = store.get("storage_box", id);
  if (box === undefined) return;
  if (box.sizeData !== usage.data || box.sizeSnapshots !== usage.snapshots) {
    store.put("storage_box", { ...box, sizeData: usage.data, sizeSnapshots: usage.snapshots });
  }
  for (const row of store.list("storage_box_snapshot").filter(({ storageBox }) => storageBox === id)) {
    const found = usage.bySnapshot.get(row.name);
    if (found === undefined) continue;
    if (row.size !== found.exclusive || row.sizeFilesystem !== found.total) {
      store.put("storage_box_snapshot", { ...row, size: found.exclusive, sizeFilesystem: found.total });
    }
  }
}
