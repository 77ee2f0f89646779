// What Hetzner's authoritative name servers are called and put into every zone.

/** Name servers assigned to every zone. */
export const assignedNameservers = [
  "hydrogen.ns.hetzner.com.",
  "oxygen.ns.hetzner.com.",
  "helium.ns.hetzner.de.",
] as const;

/** Data of a SOA record with this serial; the other numbers are Hetzner's defaults. */
export const defaultSoa = (serial: number) =>
  `${assignedNameservers[0]} dns.hetzner.com. ${serial} 86400 10800 3600000 3600`;

/**
 * The serial after this one, by Hetzner's convention `YYYYMMDDnn` of the day in UTC; more than a hundred changes
 * a day run into the next day's numbers.
 *
 * @param last null when there is none yet
 */
export function nextSerial(last: number | null, today: Date): number {
  const day = Number(today.toISOString().slice(0, 10).replaceAll("-", "")) * 100;
  return last === null || last < day ? day : last + 1;
}
