import type { Replica } from "./replicas";
import type { ServiceSettings } from "./settings";

/** The cookie of a service, by which all lists of its replicas know each of them. */
export function stickiness({ sticky }: ServiceSettings, [first]: readonly Replica[]) {
  if (sticky !== true || first === undefined) return {};
  return {
    sticky: { cookie: { name: `platform-${first.serviceName}`, path: "/", httpOnly: true, sameSite: "lax" } },
  };
}
