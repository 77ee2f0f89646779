const shorthand = /^(minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually)$/;
const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const weekdays = `${day}(?:\\.\\.${day})?(?:,${day}(?:\\.\\.${day})?)*`;
const part = "(?:\\*|\\d{1,2}(?:\\.\\.\\d{1,2})?)(?:/\\d{1,2})?";
const parts = `(${part}(?:,${part})*)`;
const expression = new RegExp(
  `^(?:${weekdays} )?(?:(?:\\*|\\d{4})-${parts}-${parts} )?${parts}:${parts}(?::${parts})?(?: UTC)?$`,
);
/** Limits of month, day, hour, minute and second, in the order of the groups above. */
const limits = [
  [1, 12],
  [1, 31],
  [0, 23],
  [0, 59],
  [0, 59],
] as const;

/** True for the usual forms of systemd's calendar expressions: `*-*-* 02:00:00`, `Sun 03:30`, `daily`. */
export function isCalendarExpression(value: string): boolean {
  if (shorthand.test(value)) return true;
  const groups = expression.exec(value)?.slice(1);
  if (groups === undefined) return false;
  return limits.every(([minimum, maximum], index) => inLimits(groups[index] ?? "*", minimum, maximum));
}

function inLimits(list: string, minimum: number, maximum: number): boolean {
  return list.split(",").every((item) => {
    const [span = "*", step] = item.split("/");
    const ends = span === "*" ? [] : span.split("..").map(Number);
    const [from = minimum, to = from] = ends;
    const steps = step === undefined || Number(step) >= 1;
    return steps && from <= to && ends.every((end) => end >= minimum && end <= maximum);
  });
}
