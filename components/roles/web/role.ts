import type { Role } from "../../plan/role";
import { Store } from "../../settings/store";
import { applicationOffer, siteOffer } from "../../setup/site";
import { webPort } from "./options";
import { storedSites } from "./releaseStore";
import type { WebSettings } from "./settings";

/** Identical private machines that take the place of the application nodes before the load balancers. */
export function webRole(settings: WebSettings): Role {
  return {
    name: "web",
    title: "Web Servers",
    machineTitle: "Web Server",
    count: settings.count,
    grows: true,
    size: settings,
    isPublic: false,
    parts: [
      {
        name: "nginx",
        title: "nginx: static files, page cache, compression; the rest goes to the application nodes",
        listens: [
          { protocol: "tcp", port: webPort, from: ["needers"], purpose: "requests" },
          { protocol: "tcp", port: webPort, from: ["web"], purpose: "is there another server" },
        ],
        offers: [siteOffer],
        standsBefore: { offer: siteOffer, behindIt: applicationOffer },
        needs: [
          { offer: applicationOffer },
          ...(storedSites(settings.sites).length === 0
            ? []
            : [{ offer: Store.ObjectStore, purpose: "files of sites" }]),
        ],
      },
    ],
  };
}
