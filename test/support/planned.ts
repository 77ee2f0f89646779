import { type MachinePlan, machinesOf, onlyMachineOf, type Plan } from "../../components/plan/plan";
import { planPlatform } from "../../components/presets";
import type { PlatformSettings } from "../../components/stack/settings";

/** The plan of settings, and its machines by role. */
export interface Planned {
  readonly plan: Plan;
  readonly edge: readonly [MachinePlan, MachinePlan];
  readonly app: readonly MachinePlan[];
  readonly database: MachinePlan;
  readonly storage: MachinePlan;
}

export function planned(settings: PlatformSettings): Planned {
  const plan = planPlatform(settings);
  const [first, second] = machinesOf(plan, "edge");
  if (first === undefined || second === undefined) throw new Error("two load balancers");
  return {
    plan,
    edge: [first, second],
    app: machinesOf(plan, "app"),
    database: onlyMachineOf(plan, "database"),
    storage: onlyMachineOf(plan, "storage"),
  };
}
