// What servers can do besides power and networks.
import type { AnyWork } from "../../../actions/work";
import type { Route } from "../../calls/call";
import { backupRoutes, backupWorks } from "./backups";
import { isoRoutes, isoWorks } from "./isos";
import { metricsRoutes } from "./metrics";
import { rescueRoutes, rescueWorks } from "./rescue";
import { rootPasswordResetRoutes, rootPasswordResetWorks } from "./rootPasswordReset";

export const serverActionRoutes: readonly Route[] = [
  ...backupRoutes,
  ...isoRoutes,
  ...metricsRoutes,
  ...rescueRoutes,
  ...rootPasswordResetRoutes,
];

export const serverActionWorks: readonly AnyWork[] = [
  ...backupWorks,
  ...isoWorks,
  ...rescueWorks,
  ...rootPasswordResetWorks,
];
