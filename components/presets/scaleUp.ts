import { roleInNetwork } from "../roles/edge/role";
import { EdgeMode } from "../roles/edge/settings";
import { storageRole } from "../roles/storage/role";
import { webRole } from "../roles/web/role";
import { usualWebSettings } from "../roles/web/settings";
import { Store } from "../settings/store";
import { applicationRole, databaseCluster } from "./comingRoles";
import type { Preset } from "./preset";

/**
 * Every layer apart and doubled: load balancers that both serve, two web servers, application servers, a primary with
 * replicas for reads.
 *
 * The document draws no place for backups and logs, which a platform cannot be without: the storage machine is it.
 */
export const scaleUp: Preset = {
  name: "scaleUp",
  title: "Every layer apart and doubled, both load balancers active",
  strict: true,
  roles: (settings) => [
    roleInNetwork({ ...settings.edge, mode: settings.edge.mode ?? EdgeMode.ActiveActive }, settings),
    webRole(settings.web ?? usualWebSettings),
    applicationRole(settings, [Store.Database]),
    databaseCluster(settings, 2),
    storageRole(settings.storage, settings.images.objectStore),
  ],
};
