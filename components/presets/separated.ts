import type { Part } from "../plan/part";
import type { Role } from "../plan/role";
import { appRole } from "../roles/app/role";
import { databaseRole } from "../roles/database/role";
import { roleInNetwork } from "../roles/edge/role";
import { storageRole } from "../roles/storage/role";
import { Store } from "../settings/store";
import { siteOffer } from "../setup/site";
import type { MachineSize } from "../sizing/resolve";
import { cacheRole, later } from "./comingRoles";
import type { Preset } from "./preset";
import type { PlatformSettings } from "./settings";

const searchOffer = "vectorSearch";

/**
 * A company's servers by concern: the public website with its search and cache, the internal ERP, development and
 * staging. The website uses the search, the search uses the cache; nobody uses the ERP, so that it outlives them all.
 */
export const separated: Preset = {
  name: "separated",
  title: "Servers by concern: website, search, cache, internal ERP, staging",
  strict: false,
  roles: (settings) => [
    roleInNetwork(settings.edge, settings),
    website(settings),
    search,
    cacheRole(
      settings,
      { vcpus: 2, memoryGb: 16, serverType: undefined },
      "Query embeddings, autocomplete, vector indexes",
    ),
    internal(
      "erp",
      "Internal ERP",
      "ERP: finance, manufacturing, mail; office and VPN only",
      [Store.Database],
      100,
    ),
    internal(
      "staging",
      "Development and Staging",
      "Staging, off at night and at weekends, apart from production data",
      [],
    ),
    tables(settings),
    storageRole(settings.storage, settings.images.objectStore),
  ],
};

function website({ app, images }: PlatformSettings): Role {
  const nginx = later({
    name: "nginx",
    title: "nginx with a page cache; static files lie in the object store",
    listens: [{ protocol: "tcp", port: 80, from: ["needers"], purpose: "requests" }],
    offers: [siteOffer],
    needs: [{ offer: searchOffer }, { offer: Store.Database }, { offer: Store.ObjectStore }],
  });
  const role = appRole(app, images.traefik);
  const services = role.parts.filter(({ service }) => service !== undefined);
  return {
    ...role,
    name: "www",
    title: "Public Website",
    machineTitle: "Website Server",
    parts: [...services, nginx],
  };
}

const search: Role = {
  ...machine("search", "Search Service", { vcpus: 8, memoryGb: 16, serverType: undefined }),
  parts: [
    later({
      name: "vector-search",
      title: "Vector search, filter extraction, related searches",
      listens: [{ protocol: "tcp", port: 8000, from: ["needers"], purpose: "search queries" }],
      offers: [searchOffer],
      needs: [{ offer: Store.Cache }],
    }),
  ],
};

/** A machine with a public address that answers administrators' ranges only. */
function internal(
  name: string,
  title: string,
  what: string,
  stores: readonly string[],
  volumeGb?: number,
): Role {
  const part: Part = later({
    name,
    title: what,
    listens: [{ protocol: "tcp", port: 443, from: ["admin"], purpose: "office and VPN" }],
    needs: stores.map((offer) => ({ offer })),
  });
  const volume =
    volumeGb === undefined ? {} : { volume: { sizeGb: volumeGb, purpose: "shared files, mail" } };
  return {
    ...machine(name, title, { vcpus: 4, memoryGb: 8, serverType: undefined }),
    isPublic: true,
    ...volume,
    parts: [part],
  };
}

/** The document names no database; tables of website and ERP lie here. */
function tables({ database, images }: PlatformSettings): Role {
  const role = databaseRole(database, images.elasticsearch);
  const parts = role.parts.filter(({ name }) => name === "postgresql").map(later);
  return { ...role, parts };
}

function machine(name: string, title: string, size: MachineSize): Omit<Role, "parts"> {
  return { name, title, machineTitle: title, count: 1, size, isPublic: false };
}
