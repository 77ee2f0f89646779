/** A schedule as timers and systemd-analyze take it: in UTC, said once. */
export function utcSchedule(schedule: string): string {
  return `${schedule.replace(/ UTC$/, "")} UTC`;
}
