// When in a day a server is backed up: windows such as `22-02`, hours of UTC (HC-ND7).

/** Hetzner chooses among six windows; here every server has the night's. */
export const defaultWindow = "22-02";

const windowForm = /^([01][0-9]|2[0-3])-([01][0-9]|2[0-3])$/;
const hour = 3_600_000;
const day = 24 * hour;

/**
 * Begin of the window that is open now, in milliseconds since 1970, once the server's own moment in it has
 * come; null before that and outside of the window. Servers get different moments in its first half, so that
 * not all of them are copied at once.
 */
export function dueSince(window: string, serverId: number, now: number): number | null {
  const [, from, to] = windowForm.exec(window) ?? [];
  if (from === undefined || to === undefined) return null;
  const [opens, closes] = [Number(from) * hour, Number(to) * hour];
  const length = (closes - opens + day) % day || day;
  const midnight = Math.floor(now / day) * day;
  const open = [midnight + opens, midnight - day + opens].find(
    (begin) => begin <= now && now < begin + length,
  );
  if (open === undefined) return null;
  const minutes = length / 2 / 60_000;
  const moment = (serverId % minutes) * 60_000;
  return now >= open + moment ? open : null;
}
