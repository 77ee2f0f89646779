// A server's status follows its machine: who powers off inside, or dies, is off. A reboot changes nothing here,
// the machine room boots it again by itself.
import type { Host } from "../host";
import type { Store } from "../store";

export function watchMachines(store: Store, host: Host) {
  host.onExit((id, reason) => {
    if (reason === "reboot") return;
    store.transaction(() => {
      const server = store.get("server", id);
      if (server !== undefined) store.put("server", { ...server, power: "off" });
    });
  });
}
