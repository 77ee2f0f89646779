/** Values that a part of an expression stands for; undefined: all. */
type Values = ReadonlySet<number> | undefined;

interface Calendar {
  /** 0 is Monday, as systemd counts. */
  readonly weekdays: Values;
  readonly years: Values;
  readonly months: Values;
  readonly days: Values;
  readonly hours: Values;
  readonly minutes: Values;
  readonly seconds: Values;
}

const shorthands: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
};
const weekdayNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** The limits that systemd sets: src/shared/calendarspec.c, calendar_spec_valid. */
const limits = {
  years: [1970, 2199],
  months: [1, 12],
  days: [1, 31],
  hours: [0, 23],
  minutes: [0, 59],
  seconds: [0, 59],
} as const;

/** Years after which every weekday has met every date, a 29 February across 2100 included. */
const wholeCycleYears = 41;

/**
 * True for what systemd accepts of its calendar expressions: weekdays, date and time, each of them optional, with
 * lists, ranges and steps, UTC behind it or not. False for days that count from a month's end, for parts of
 * seconds and for other time zones, which systemd would take.
 */
export function isCalendarExpression(value: string): boolean {
  return parseCalendar(value) !== undefined;
}

/** The first time after `now` that a timer with this expression elapses; undefined when it never will. */
export function nextElapse(value: string, now: Date): Date | undefined {
  const calendar = parseCalendar(value);
  if (calendar === undefined) return undefined;
  const lastYear = Math.max(...(calendar.years ?? [now.getUTCFullYear() + wholeCycleYears]));
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  for (; day.getUTCFullYear() <= lastYear; day.setUTCDate(day.getUTCDate() + 1)) {
    const seconds = isOn(calendar, day)
      ? firstTime(calendar, (now.getTime() - day.getTime()) / 1000)
      : undefined;
    if (seconds !== undefined) return new Date(day.getTime() + seconds * 1000);
  }
  return undefined;
}

function isOn({ weekdays, years, months, days }: Calendar, day: Date): boolean {
  const holds = (values: Values, value: number) => values === undefined || values.has(value);
  return (
    holds(years, day.getUTCFullYear()) &&
    holds(months, day.getUTCMonth() + 1) &&
    holds(days, day.getUTCDate()) &&
    holds(weekdays, (day.getUTCDay() + 6) % 7)
  );
}

/** Second of the day of the first time after a second of the day. */
function firstTime({ hours, minutes, seconds }: Calendar, after: number): number | undefined {
  for (const hour of sorted(hours, limits.hours)) {
    if ((hour + 1) * 3600 <= after) continue;
    for (const minute of sorted(minutes, limits.minutes)) {
      for (const second of sorted(seconds, limits.seconds)) {
        const time = hour * 3600 + minute * 60 + second;
        if (time > after) return time;
      }
    }
  }
  return undefined;
}

function sorted(values: Values, [from, to]: readonly [number, number]): readonly number[] {
  return values === undefined ? sequence(from, to, 1) : [...values].sort((a, b) => a - b);
}

function sequence(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function parseCalendar(value: string): Calendar | undefined {
  const local = value.replace(/ UTC$/, "");
  const words = (shorthands[local] ?? local).split(" ");
  const weekdays = /^[A-Za-z]/.test(words[0] ?? "") ? parseWeekdays(words.shift() ?? "") : undefined;
  const date = words[0]?.includes("-") ? parseDate(words.shift() ?? "") : {};
  const time = words[0]?.includes(":") ? parseTime(words.shift() ?? "") : midnight;
  if (local === "" || words.length > 0 || weekdays === null || date === undefined || time === undefined) {
    return undefined;
  }
  const all = { years: undefined, months: undefined, days: undefined };
  return { weekdays, ...all, ...date, ...time };
}

const midnight = { hours: new Set([0]), minutes: new Set([0]), seconds: new Set([0]) };

function parseDate(text: string): Partial<Pick<Calendar, "years" | "months" | "days">> | undefined {
  const [day, month, year = "*", ...rest] = text.split("-").reverse();
  if (day === undefined || month === undefined || rest.length > 0) return undefined;
  const [years, months, days] = [
    parseList(year, "years"),
    parseList(month, "months"),
    parseList(day, "days"),
  ];
  return years === null || months === null || days === null ? undefined : { years, months, days };
}

function parseTime(text: string): Pick<Calendar, "hours" | "minutes" | "seconds"> | undefined {
  const [hour, minute, second = "0", ...rest] = text.split(":");
  if (hour === undefined || minute === undefined || rest.length > 0) return undefined;
  const hours = parseList(hour, "hours");
  const [minutes, seconds] = [parseList(minute, "minutes"), parseList(second, "seconds")];
  return hours === null || minutes === null || seconds === null ? undefined : { hours, minutes, seconds };
}

/** `1,3..5,0/15`; null: systemd refuses it. */
function parseList(text: string, part: keyof typeof limits): Values | null {
  if (text === "*") return undefined;
  const items = text.split(",").map((item) => parseItem(item, part));
  return items.some((item) => item === null) ? null : new Set(items.flatMap((item) => item ?? []));
}

function parseItem(text: string, part: keyof typeof limits): number[] | null {
  const match = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(text);
  if (match === null) return null;
  const number = (digits: string) => (part === "years" ? fullYear(Number(digits)) : Number(digits));
  const [least, most] = limits[part];
  const first = number(match[1] ?? "");
  const step = match[3] === undefined ? undefined : Number(match[3]);
  if (first < least || first > most || step === 0) return null;
  if (match[2] !== undefined) {
    const end = number(match[2]);
    // Only the last value counts, not the end that is written.
    const last = end - ((end - first) % (step ?? 1));
    const isEmpty = end < first || (part === "seconds" && step === undefined && end === first);
    return isEmpty || last > most ? null : sequence(first, last, step ?? 1);
  }
  if (step === undefined) return [first];
  // A step must lead to a second value.
  return first + step > most ? null : sequence(first, most, step);
}

function fullYear(year: number): number {
  if (year >= 100) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function parseWeekdays(text: string): Values | null {
  const numbers = text.split(",").map((item) => {
    const [from = -1, to = from, ...rest] = item.split("..").map(weekdayNumber);
    return from < 0 || to < from || rest.length > 0 ? [] : sequence(from, to, 1);
  });
  return numbers.some((days) => days.length === 0) ? null : new Set(numbers.flat());
}

function weekdayNumber(name: string): number {
  const lower = name.toLowerCase();
  return weekdayNames.findIndex((day) => lower === day || lower === day.slice(0, 3));
}
