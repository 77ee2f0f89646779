// Storage Boxes: in production another host (api.hetzner.com), here the same base URL (HC-P1).
import type { AnyWork } from "../../actions/work";
import type { Route } from "../calls/call";
import { boxActionRoutes, boxActionWorks } from "./boxActions";
import { boxRoutes, boxWorks } from "./boxes";
import { snapshotPlanRoutes, snapshotPlanWorks } from "./snapshotPlans";
import { snapshotRoutes, snapshotWorks } from "./snapshots";
import { subaccountRoutes, subaccountWorks } from "./subaccounts";

export const storageBoxRoutes: readonly Route[] = [
  ...boxRoutes,
  ...boxActionRoutes,
  ...snapshotPlanRoutes,
  ...snapshotRoutes,
  ...subaccountRoutes,
];

export const storageBoxWorks: readonly AnyWork[] = [
  ...boxWorks,
  ...boxActionWorks,
  ...snapshotPlanWorks,
  ...snapshotWorks,
  ...subaccountWorks,
];
