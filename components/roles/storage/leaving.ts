import type { Leaving } from "../../setup/upgradeScript";
import { copiesLock, databaseLock } from "./backupConfig";

export const leavingStorage: Leaving = {
  advice:
    "objects cannot be read for seconds when Docker is upgraded, and nobody stands in: platform-upgrade --yes when few are looking and no backup or restore runs",
  // Not the unit's state: a oneshot that runs is "activating", and commands run outside of it.
  admit: `for held in ${databaseLock} ${copiesLock}; do
  [ ! -e "$held" ] || flock --nonblock "$held" true || die "a backup or restore runs ($(cat "$held.holder" 2>/dev/null || true)): wait for its end" 75
done`,
  drain: ":",
  undrain: ":",
};
