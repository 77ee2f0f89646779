// When in a day a server is backed up: windows such as `22-02`, hours of UTC (HC-ND7).

/** Hetzner chooses among six windows; here every server has the night's. */
export const DEFAULT_WINDOW = "22-02";

const WINDOW = /^([01][0-9]|2[0-3])-([01][0-9]|2[0-3])$/;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Begin of the window that is open now, in milliseconds since 1970, once the server's own moment in it has
 * come; null before that and outside of the window. Servers get different moments in its first half, so that
 * not all of them are copied at once.
 */
export function dueSince(window: string, serverId: number, now: number): number | null {
  const [, from, to] = WINDOW.exec(window) ?? [];
  if (from === undefined || to === undefined) return null;
  const [opens, closes] = [Number(from) * HOUR, Number(to) * HOUR];
  const length = (closes - opens + DAY) % DAY || DAY;
  const midnight = Math.floor(now / DAY) * DAY;
  const open = [midnight + opens, midnight - DAY + opens].find(
    (begin) => begin <= now && now < begin + length,
  );
  if (open === undefined) return null;
  const minutes = length / 2 / 60_000;
  const moment = (serverId % minutes) * 60_000;
  return now >= open + moment ? open : null;
}
