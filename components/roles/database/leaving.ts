import type { Leaving } from "../../setup/upgradeScript";

export const leavingDatabase: Leaving = {
  advice:
    "PostgreSQL, cache and search pause for seconds when they are upgraded, and nobody stands in for them: take a backup first (platform-backup on the storage machine), then platform-upgrade --yes when few are looking",
  admit: ":",
  drain: ":",
  undrain: ":",
};
