// DNS zones of the API: routes and works.
import type { Route } from "../calls/call";
import { recordSetRoutes } from "./recordSets";
import { zoneRoutes as ownRoutes } from "./zones";

export { zoneWorks } from "./zoneWorks";

export const zoneRoutes: readonly Route[] = [...ownRoutes, ...recordSetRoutes];
