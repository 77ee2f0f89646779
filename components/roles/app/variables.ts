import { storeVariables } from "../../settings/secretEnvironment";
import type { ServiceSettings } from "./settings";

/** Variables that the platform sets in every replica of a service, whatever the service says itself. */
export function platformVariables(service: Pick<ServiceSettings, "port" | "uses">): readonly string[] {
  const identity = ["NODE_NAME", "REPLICA", "RELEASE", ...(service.port === undefined ? [] : ["PORT"])];
  return [...identity, ...service.uses.flatMap((store) => storeVariables[store])];
}
