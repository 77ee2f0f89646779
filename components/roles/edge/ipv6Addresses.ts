import ipaddr from "ipaddr.js";

/**
 * The address that visitors use of a floating IPv6 network: its first, as a server's own is.
 *
 * @param network as the API and its provider write it, with or without its mask: `2001:db8:2:1::/64`
 * @returns `2001:db8:2:1::1`
 * @throws when it is no network of IPv6
 */
export function visitorsAddress(network: string): string {
  const [text = ""] = network.split("/");
  const bytes = ipaddr.IPv6.parse(text).toByteArray();
  const networkBytes = bytes.slice(0, 8);
  return new ipaddr.IPv6([...networkBytes, 0, 0, 0, 0, 0, 0, 0, 1]).toRFC5952String();
}

/**
 * A range as HAProxy is to match it where visitors come over both families. Its rules for IPv4 ranges look
 * into some addresses of IPv6 too. As a part of ::ffff:0:0/96 a range matches IPv4 alone.
 */
export function matchedRange(range: string): string {
  if (range.includes(":")) return range;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(range);
  return `::ffff:${address}/${96 + prefix}`;
}
