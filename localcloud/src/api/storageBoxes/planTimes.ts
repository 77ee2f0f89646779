// When a snapshot plan is due, as cron counts: every day, a day of the week, a day of the month (HC-D6).
import type { SnapshotPlan } from "../../state/rows";

const dayMs = 86_400_000;
/** A plan for the 29th of February waits eight years at most, over a year such as 2100. */
const longest = 8 * 366;

/** The last moment of the plan that is not after `now`, in UTC. */
export function lastMoment(plan: SnapshotPlan, now: Date): Date {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), plan.hour, plan.minute);
  for (let day = 0; day <= longest; day++) {
    const moment = new Date(today - day * dayMs);
    if (moment <= now && isDayOf(plan, moment)) return moment;
  }
  throw new Error(`no day fits the snapshot plan ${JSON.stringify(plan)}`);
}

/** As in cron, two restricted fields mean either. */
function isDayOf({ day_of_week, day_of_month }: SnapshotPlan, moment: Date): boolean {
  // Sunday is 0 for JavaScript and 7 here.
  const weekday = moment.getUTCDay() || 7;
  if (day_of_week === null && day_of_month === null) return true;
  return day_of_week === weekday || day_of_month === moment.getUTCDate();
}

/** Prefix of the names of the plan's snapshots. */
export function prefixOf({ day_of_week, day_of_month }: SnapshotPlan): string {
  if (day_of_week !== null) return "snapshot-weekly--";
  return day_of_month === null ? "snapshot-daily--" : "snapshot-monthly--";
}
