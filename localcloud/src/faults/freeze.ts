import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { payloadGroup } from "../machines/cgroups";
import type { LocalCloudSettings } from "../settings/cloud";
import type { Store } from "../state/store";
import type { FaultDriver, FaultOf } from "./registry";
import { runningServer } from "./targets";

/** Freezes while at least one such fault of the machine is in force. */
export function freezeDriver(settings: LocalCloudSettings, store: Store): FaultDriver<FaultOf<"freeze">> {
  return {
    targets: ({ server }) => [runningServer(store, server).id],
    begin: async ({ servers }) => {
      for (const id of servers) await setFrozen(settings, id, true);
    },
    end: async ({ servers }, active) => {
      const held = active.filter(({ fault }) => fault.kind === "freeze").flatMap((other) => other.servers);
      for (const id of servers) if (!held.includes(id)) await setFrozen(settings, id, false);
    },
  };
}

/**
 * Stops or continues every process of a machine at once, those that it starts meanwhile included. The freezer of
 * cgroup v2 is always there: the machine's own systemd needs that hierarchy.
 */
async function setFrozen(settings: LocalCloudSettings, serverId: number, frozen: boolean): Promise<void> {
  const group = await payloadGroup(settings, serverId);
  try {
    await writeFile(`${group}/cgroup.freeze`, frozen ? "1" : "0", { flag: "r+" });
  } catch (error) {
    // A machine that has ended needs no thaw.
    if (!frozen && (error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new Error(`server ${serverId} cannot be frozen: ${(error as Error).message}`);
  }
  for (let waited = 0; waited < 5_000; waited += 20) {
    const events = await readFile(`${group}/cgroup.events`, "utf8").catch(() => "");
    if (events === "" || events.includes(frozen ? "frozen 1" : "frozen 0")) return;
    await setTimeout(20);
  }
  throw new Error(`server ${serverId} did not become ${frozen ? "frozen" : "thawed"} within 5 s`);
}
