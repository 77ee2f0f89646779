import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { payloadGroup } from "../machines/cgroups";
import type { LocalCloudSettings } from "../settings";

/**
 * Stops or continues every process of a machine at once, those that it starts meanwhile included. The freezer of
 * cgroup v2 is always there: the machine's own systemd needs that hierarchy.
 */
export async function setFrozen(
  settings: LocalCloudSettings,
  serverId: number,
  frozen: boolean,
): Promise<void> {
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
