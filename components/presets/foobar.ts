import { roleInNetwork } from "../roles/edge/role";
import { storageRole } from "../roles/storage/role";
import { webRole } from "../roles/web/role";
import { usualWebSettings } from "../roles/web/settings";
import { Store } from "../settings/store";
import { applicationRole, cacheRole, databaseCluster, monitored, smallMachine } from "./comingRoles";
import type { Preset } from "./preset";

/**
 * Web infrastructure of www.foobar.com: a pair of load balancers, web servers, application servers and a database
 * cluster, no machine with two kinds of work.
 *
 * The document says MySQL; the platform has one database, PostgreSQL. Sessions lie in a cache that all application
 * servers share, so that no visitor has to stay with one of them.
 */
export const foobar: Preset = {
  name: "foobar",
  title: "Web infrastructure, every component on machines of its own",
  strict: true,
  roles: (settings) =>
    monitored([
      roleInNetwork(settings.edge, settings),
      webRole(settings.web ?? usualWebSettings),
      applicationRole(settings, [Store.Database, Store.Cache]),
      databaseCluster(settings, 1),
      cacheRole(settings, smallMachine, "Sessions of all application servers"),
      storageRole(settings.storage, settings.images.objectStore),
    ]),
};
