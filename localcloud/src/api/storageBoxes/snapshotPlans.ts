// The one snapshot plan that a storage box may have; scheduler.ts takes what it asks for.

import type { AnyWork } from "../../actions/work";
import { storageBoxTypeNamed } from "../../catalogue/catalogue";
import type { SnapshotPlan } from "../../state/rows";
import { actionReply } from "../calls/actionRoutes";
import { type Call, type Reply, type Route, readBody, ref, startAction } from "../calls/call";
import { invalidInput } from "../calls/errors";
import { snapshotPlanFields } from "./fields";
import { activeBoxByPath, type BoxArgs, changeOfBox } from "./shared";

const noSteps = { steps: () => [] };

const enable = changeOfBox<BoxArgs & { readonly plan: SnapshotPlan; readonly from: string }>(
  "enable_snapshot_plan",
  (_box, { plan, from }) => ({ snapshotPlan: plan, planCheckedUntil: from }),
  noSteps,
);

const disable = changeOfBox<BoxArgs>(
  "disable_snapshot_plan",
  () => ({ snapshotPlan: null, planCheckedUntil: null }),
  noSteps,
);

export const snapshotPlanWorks: readonly AnyWork[] = [enable, disable];

export const snapshotPlanRoutes: readonly Route[] = [
  { method: "POST", path: "/storage_boxes/:id/actions/enable_snapshot_plan", handle: enablePlan },
  {
    method: "POST",
    path: "/storage_boxes/:id/actions/disable_snapshot_plan",
    handle: (call) => {
      const { id } = activeBoxByPath(call);
      return actionReply(startAction(call, disable, { box: id }, [ref("storage_box", id)]));
    },
  },
];

function enablePlan(call: Call): Reply {
  const box = activeBoxByPath(call);
  const plan = readBody(call, snapshotPlanFields);
  const { automatic_snapshot_limit: limit, name } = storageBoxTypeNamed(box.storageBoxType);
  if (plan.max_snapshots > limit) {
    throw invalidInput("max_snapshots", `must be at most ${limit} for ${name}, got ${plan.max_snapshots}`);
  }
  const args = { box: box.id, plan, from: call.settings.clock().toISOString() };
  return actionReply(startAction(call, enable, args, [ref("storage_box", box.id)]));
}
