import type { Part } from "../../plan/part";
import type { Role } from "../../plan/role";
import { Store } from "../../settings/store";
import { ports } from "../../setup/ports";
import { siteOffer } from "../../setup/site";
import type { AppSettings, ServiceSettings } from "./settings";

/** Traefik's entry point on an app node. */
export const traefikPort = ports.http;

/** Identical private machines that run the application. */
export function appRole(settings: AppSettings, traefikImage: string): Role {
  return {
    name: "app",
    title: "Application Nodes",
    machineTitle: "App Node",
    count: settings.count,
    grows: true,
    size: settings,
    isPublic: false,
    parts: [
      ...Object.entries(settings.services).map(([name, service]) => servicePart(name, service)),
      {
        name: "traefik",
        title: "Traefik reverse proxy",
        image: traefikImage,
        listens: [
          { protocol: "tcp", port: traefikPort, from: ["needers"], purpose: "requests" },
          { protocol: "tcp", port: traefikPort, from: ["app"], purpose: "is there another node" },
        ],
        offers: [siteOffer],
        // The stack's outputs give the stores' addresses to every program on a node, whatever its services name.
        needs: Object.values(Store).map((offer) => ({ offer })),
      },
    ],
  };
}

/** All replicas of a service on one node. */
function servicePart(name: string, service: ServiceSettings): Part {
  const { image, replicas, port, pathPrefix, host, sticky, timeoutSeconds } = service;
  return {
    name,
    title: `service ${name}`,
    image,
    memoryMb: replicas * service.memoryMb,
    service: {
      image,
      replicas,
      port,
      pathPrefix,
      host,
      ...(sticky === true && { sticky }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      uses: service.uses,
      secrets: Object.keys(service.secrets),
    },
  };
}
