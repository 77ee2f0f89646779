import type { Role } from "../plan/role";
import { edgeRole } from "../roles/edge/role";
import { storageRole } from "../roles/storage/role";
import { webRole } from "../roles/web/role";
import { usualWebSettings } from "../roles/web/settings";
import { Store } from "../settings/store";
import { applicationRole, databaseCluster, later } from "./comingRoles";
import type { Preset } from "./preset";
import type { PlatformSettings } from "./settings";

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
    activePair(settings),
    webRole(settings.web ?? usualWebSettings),
    applicationRole(settings, [Store.Database]),
    databaseCluster(settings, 2),
    storageRole(settings.storage, settings.images.objectStore),
  ],
};

/** Each load balancer owns an address, and takes over the other's. */
function activePair({ edge }: PlatformSettings): Role {
  const role = edgeRole(edge);
  const second = {
    kind: "floatingIpv4",
    purpose: "visitors, second address",
    title: "Second floating IPv4; DNS names both, and each load balancer owns one",
  } as const;
  return {
    ...role,
    orders: [...(role.orders ?? []), second],
    parts: [
      ...role.parts,
      later({
        name: "second-address",
        title: "Second address: both load balancers serve, each can hold both",
      }),
    ],
  };
}
