import type { Random } from "./random";

const days = ["Mon", "Tue", "wed", "Thu", "Fri", "Sat", "Sun", "Sunday", "TUESDAY", "Fun", "Thur"];

/** Something that looks like a calendar expression of systemd; about a quarter are. */
export function anyCalendar(random: Random): string {
  if (random.chance(0.02)) return random.pick(["daily", "hourly", "weekly UTC", "yearly", "UTC", "never"]);
  const weekdays = random.chance(0.3) ? weekdayList(random) : "";
  const year = random.chance(0.9) ? `${random.chance(0.7) ? "*" : list(random, 2024, 2032)}-` : "";
  const date = random.chance(0.75) ? `${year}${list(random, 1, 12)}-${list(random, 1, 31)}` : "";
  const seconds = random.chance(0.5) ? `:${list(random, 0, 59)}` : "";
  const time = random.chance(0.95) ? `${list(random, 0, 23)}:${list(random, 0, 59)}${seconds}` : "";
  return [weekdays, date, time, random.chance(0.2) ? "UTC" : ""].filter((word) => word !== "").join(" ");
}

function weekdayList(random: Random): string {
  const item = () => (random.chance(0.5) ? random.pick(days) : `${random.pick(days)}..${random.pick(days)}`);
  return random.many(1, 2, item).join(",");
}

function list(random: Random, least: number, most: number): string {
  if (random.chance(0.4)) return "*";
  return random.many(1, random.chance(0.8) ? 1 : 3, () => item(random, least, most)).join(",");
}

/** Ends and steps lie a little outside of the limits, too. */
function item(random: Random, least: number, most: number): string {
  const step = random.chance(0.3) ? `/${random.between(0, Math.max(3, most - least + 2))}` : "";
  if (random.chance(0.05)) return `*${step}`;
  const end = random.chance(0.4) ? `..${random.between(least - 1, most + 2)}` : "";
  return `${random.between(least - 1, most + 1)}${end}${step}`.replace(/^-1/, "0");
}
