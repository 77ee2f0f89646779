import { defaultTimeoutSeconds } from "../../setup/waits";
import type { AppSettings } from "./settings";

/**
 * The same section with a limit for every service that visitors reach and that has none of its own.
 *
 * @param usual what the web servers before them wait by their profile; undefined: there are none
 */
export function withTimeouts<Section extends Pick<AppSettings, "services">>(
  section: Section,
  usual: number = defaultTimeoutSeconds,
): Section {
  if (usual === defaultTimeoutSeconds) return section;
  const limited = Object.entries(section.services).map(([name, service]) => [
    name,
    service.pathPrefix === undefined || service.timeoutSeconds !== undefined
      ? service
      : { ...service, timeoutSeconds: usual },
  ]);
  return { ...section, services: Object.fromEntries(limited) };
}
