/** One label of a host name, RFC 1123. */
export const hostLabel = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

// A last label of digits alone would be an address.
const hostPattern = new RegExp(`^(?=.{1,253}$)(?!(?:.*\\.)?\\d+$)${hostLabel}(\\.${hostLabel})+$`);

/** True for a lower-case host name with a dot: `www.example.com`. */
export function isHostName(text: string): boolean {
  return hostPattern.test(text);
}
