import type { Guests } from "../network/apply";
import type { LocalCloudSettings } from "../settings/cloud";
import { namesOf } from "../settings/names";
import { findInit } from "./boot";
import { runInGuest } from "./guest";
import { interfaceUnit, unpluggedHelperPath } from "./hcUtils";

/**
 * Tells running guests of interfaces that come and go, as the kernel's events tell udev on Hetzner (HC-G4, HC-G13).
 * What the guest makes of it is its own business: a user may have masked the unit.
 */
export function guestsOf(settings: LocalCloudSettings, onProblem: (problem: string) => void): Guests {
  return {
    running: async (serverId) => (await findInit(settings, serverId)) !== undefined,

    plugged: (serverId, device) =>
      tell(serverId, ["systemctl", "start", "--no-block", interfaceUnit(device)]),

    unplugged: (serverId) => tell(serverId, [unpluggedHelperPath]),
  };

  async function tell(serverId: number, command: readonly string[]): Promise<void> {
    await runInGuest(settings, serverId, command).catch((error: Error) => {
      const machine = namesOf(settings).machine(serverId);
      onProblem(
        `${machine} did not take note of an interface: ${error.message.split("\n").slice(0, 2).join(" ")}`,
      );
    });
  }
}
