// A server's status follows its machine: who powers off inside is off, who reboots inside runs again.
import type { Host } from "../host";
import type { Store } from "../store";
import { serverSpec } from "../work";
import { worldOf } from "./world";

export function watchMachines(store: Store, host: Host, onProblem: (problem: string) => void) {
  const rebooting = async (id: number) => {
    try {
      await host.start(serverSpec(worldOf(store), id));
    } catch (error) {
      markOff(store, id);
      onProblem(`server ${id} did not come back from its reboot: ${String(error)}`);
    }
  };
  host.onExit((id, reason) => {
    const server = store.get("server", id);
    if (server === undefined) return;
    if (reason === "reboot") void rebooting(id);
    else markOff(store, id);
  });
}

function markOff(store: Store, id: number) {
  store.transaction(() => {
    const server = store.get("server", id);
    if (server !== undefined) store.put("server", { ...server, power: "off" });
  });
}
