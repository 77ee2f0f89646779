import { type Plan, planRoles } from "../plan/plan";
import type { Role } from "../plan/role";
import { appRole } from "../roles/app/role";
import { databaseRole } from "../roles/database/role";
import { edgeRole } from "../roles/edge/role";
import { storageRole } from "../roles/storage/role";
import type { PlatformSettings } from "../settings/settings";

/** The roles of the multi-server production topology, in the order in which people read them. */
export function multiServer({ images, ...settings }: PlatformSettings): readonly Role[] {
  return [
    edgeRole(settings.edge),
    appRole(settings.app, images.traefik),
    databaseRole(settings.database, images.elasticsearch),
    storageRole(settings.storage, images.objectStore),
  ];
}

/** The plan of a platform: computed once, then handed down. */
export function planPlatform(settings: PlatformSettings): Plan {
  return planRoles(settings, multiServer(settings));
}
