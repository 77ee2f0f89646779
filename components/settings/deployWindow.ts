import { z } from "zod";
import { choice, text } from "./leaves";

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Weekday = (typeof weekdays)[number];

/** When a stack may be changed. */
export interface DeployWindow {
  readonly days: readonly Weekday[];
  /** `09:00`. */
  readonly from: string;
  /** `16:00`, which is outside; earlier than `from`: of the next day; the same: the whole day. */
  readonly until: string;
  /** By IANA's name: `Europe/Berlin`. */
  readonly timeZone: string;
}

function clockTime(what: string) {
  return text(/^(?:[01]\d|2[0-3]):[0-5]\d$/, {
    allowed: "hours and minutes: 09:00",
    remedy: `write ${what} in quotes, with two digits each`,
    standIn: "09:00",
  });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const deployWindowSchema = z
  .strictObject({
    days: z
      .array(choice(weekdays, "a day"))
      .min(1)
      .default(["mon", "tue", "wed", "thu", "fri"])
      .meta({ description: "Days on which a window begins", fallback: "mon, tue, wed, thu, fri" }),
    from: clockTime("the begin").meta({ description: "Begin", fallback: "required" }),
    until: clockTime("the end").meta({
      description: "End, of the next day when it is earlier than from; the same: the whole day",
      fallback: "required",
    }),
    timeZone: text(isTimeZone, {
      allowed: "a time zone by IANA's name: Europe/Berlin",
      remedy: "timedatectl list-timezones names them",
      standIn: "UTC",
    })
      .describe("Whose hours these are")
      .default("UTC"),
  })
  .optional()
  .meta({
    description: "Hours in which pulumi up changes this stack (docs/operations.md)",
    fallback: "any time",
  });

/** Whether a moment is inside. */
export function isInside({ days, from, until, timeZone }: DeployWindow, moment: Date): boolean {
  const { day, time } = localTime(moment, timeZone);
  const begins = (ago: number) => days.includes(weekdays[(day + 7 - ago) % 7] as Weekday);
  if (from < until) return begins(0) && time >= from && time < until;
  return (begins(0) && time >= from) || (begins(1) && time < until);
}

/** Weekday, 0 is Monday, and time as `09:00`. */
function localTime(moment: Date, timeZone: string): { readonly day: number; readonly time: string } {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const day = weekdays.indexOf(parts.weekday?.toLowerCase() as Weekday);
  return { day, time: `${parts.hour}:${parts.minute}` };
}

/** `mon, tue from 09:00 until 16:00 (Europe/Berlin)`. */
export function windowText({ days, from, until, timeZone }: DeployWindow): string {
  return `${days.join(", ")} from ${from} until ${until} (${timeZone})`;
}
