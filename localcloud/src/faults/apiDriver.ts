import type { createApiFaults } from "../api";
import { catalogue } from "../catalogue/catalogue";
import type { ApiFault } from "../contract/control";
import { refuse } from "../contract/errors";
import type { Store } from "../state/store";
import type { FaultDriver } from "./registry";

/** Faults of the API itself: the registry times them, the API meets them. */
export function apiDriver(faults: ReturnType<typeof createApiFaults>, store: Store): FaultDriver<ApiFault> {
  return {
    targets(fault) {
      requireProject(store, fault);
      requireServerType(fault);
      return [];
    },
    begin: async ({ id, fault }) => faults.begin(id, fault),
    end: async ({ id }) => faults.end(id),
    hits: ({ id, fault }) => (fault.effect === "sold-out" ? 1 : faults.hits(id)),
  };
}

function requireProject(store: Store, { project }: ApiFault) {
  const known = store.list("project").map(({ name }) => name);
  if (project === undefined || known.includes(project)) return;
  throw refuse("fault.project", project, `use one of ${known.join(", ")}`, 404);
}

function requireServerType({ serverType }: ApiFault) {
  if (serverType === undefined) return;
  const [name, location] = serverType.split("@");
  const type = catalogue.serverTypes.find((candidate) => candidate.name === name);
  if (type === undefined)
    throw refuse("fault.serverType", serverType, "is no server type: see `GET /server_types`");
  if (location !== undefined && !type.locations.includes(location)) {
    throw refuse("fault.serverType", serverType, `${name} is offered in ${type.locations.join(", ")}`);
  }
}
