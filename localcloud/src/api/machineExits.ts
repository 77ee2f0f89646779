// A server's status follows its machine: who powers off inside, or dies, is off. After a reboot the machine room
// boots it again by itself, and a rescue system that waited is used up by that.
import type { Host } from "../host/contract";
import type { Store } from "../state/store";
import { isRescueEnabled } from "./servers/actions/rescue";

export function watchMachines(store: Store, host: Host) {
  host.onExit((id, reason) => {
    store.transaction(() => {
      const server = store.get("server", id);
      if (server === undefined) return;
      if (reason !== "reboot") store.put("server", { ...server, power: "off" });
      else if (isRescueEnabled(server)) store.put("server", { ...server, rescue: null });
    });
  });
}
