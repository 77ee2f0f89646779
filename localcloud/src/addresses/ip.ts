// Address arithmetic: IPv4 ranges as numbers, IPv6 only as /64 networks taken from a prefix.
import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

export interface Range4 {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

const decimal = /^(0|[1-9][0-9]{0,2})$/;

export function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => decimal.test(part) && Number(part) <= 255)) return null;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** A canonical IPv4 range: `10.0.0.0/16`; null when host bits are set or the text is no range. */
export function parseRange4(text: string): Range4 | null {
  const [address = "", length = "", ...rest] = text.split("/");
  const first = parseIpv4(address);
  if (first === null || rest.length > 0 || !/^(0|[1-9][0-9]?)$/.test(length)) return null;
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  if (prefix > 32 || first % size !== 0) return null;
  return { first, last: first + size - 1, prefix };
}

export function range4(text: string): Range4 {
  const range = parseRange4(text);
  if (range === null) throw new Error(`${text} is not a canonical IPv4 range: write it like 10.0.0.0/16`);
  return range;
}

export const contains = (outer: Range4, inner: Range4) =>
  outer.first <= inner.first && inner.last <= outer.last;
export const overlaps = (a: Range4, b: Range4) => a.first <= b.last && b.first <= a.last;
export const includes = (range: Range4, address: number) => range.first <= address && address <= range.last;

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(range4);
export const isPrivate = (range: Range4) => privateRanges.some((block) => contains(block, range));

/**
 * An IPv6 address in any of its spellings, a zone (`%eth0`) excepted. The URL parser knows them all; ipaddr.js alone
 * takes `::192.0.2.1` for another address.
 */
function parseIpv6(text: string): ipaddr.IPv6 | null {
  if (!isIPv6(text) || text.includes("%")) return null;
  return ipaddr.IPv6.parse(new URL(`http://[${text}]`).hostname.slice(1, -1));
}

/** RFC 5952: lower case, shortest, and IPv4 addresses that stand in IPv6 ones in their own notation. */
function formatIpv6(address: ipaddr.IPv6): string {
  return address.isIPv4MappedAddress()
    ? `::ffff:${address.toIPv4Address().toString()}`
    : address.toRFC5952String();
}

/**
 * The one text of a network, IPv4 or IPv6: `2001:DB8:0:0::/64` is `2001:db8::/64` (HC-F5). Null when the text is no
 * network or host bits are set.
 */
export function canonicalCidr(text: string): string | null {
  if (parseRange4(text) !== null) return text;
  const [, address = "", length = ""] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  const parsed = parseIpv6(address);
  if (parsed === null || Number(length) > 128) return null;
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${length}`);
  return network.toString() === parsed.toString() ? `${formatIpv6(parsed)}/${length}` : null;
}

/** Whether a network is written in its one form. */
export const isCanonicalCidr = (text: string) => canonicalCidr(text) === text;

/** The one text of an address, or null: `2001:DB8::0001` is `2001:db8::1`. */
export function canonicalAddress(text: string): string | null {
  if (parseIpv4(text) !== null) return text;
  const parsed = parseIpv6(text);
  return parsed === null ? null : formatIpv6(parsed);
}

/** Whether an IPv6 address lies in the network that a server or floating IP has. */
export function inNetwork6(address: string, network: string): boolean {
  return parseIpv6(address)?.match(ipaddr.IPv6.parseCIDR(network)) ?? false;
}

/** First free address of the range; the network address, the first host and the broadcast address stay free. */
export function freeIpv4(range: string, used: ReadonlySet<string>): string | null {
  const { first, last } = range4(range);
  for (let address = first + 2; address < last; address++) {
    const text = formatIpv4(address);
    if (!used.has(text)) return text;
  }
  return null;
}

/** First free /64 of an IPv6 prefix but its very first, as `2001:db8:1:1::/64`. */
export function freeIpv6Network(prefix: string, used: ReadonlySet<string>): string | null {
  const last = 2 ** Math.min(64 - bitsOf(prefix), 16) - 1;
  for (let index = 1; index <= last; index++) {
    const text = subnet6(prefix, 64, index);
    if (!used.has(text)) return text;
  }
  return null;
}

/** The subnet of this length and number: `subnet6("2001:db8::/32", 48, 2)` is `2001:db8:2::/48`. */
export function subnet6(range: string, bits: number, index: number): string {
  const bytes = ipaddr.IPv6.networkAddressFromCIDR(range).toByteArray();
  const first = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  const value = first + (BigInt(index) << BigInt(128 - bits));
  const subnet = bytes.map((_, position) => Number((value >> BigInt(8 * (15 - position))) & 255n));
  return `${formatIpv6(new ipaddr.IPv6(subnet))}/${bits}`;
}

/** The last subnet of this length: `2001:db8:ffff:ffff::/64` of `2001:db8::/32`. */
export const lastSubnet6 = (range: string, bits: number) =>
  subnet6(range, bits, 2 ** (bits - bitsOf(range)) - 1);

const bitsOf = (range: string) => Number(range.split("/")[1]);

/** Hetzner's name for an IPv4 address that has no other (HC-S20). */
export function defaultDnsPtr(ip: string): string {
  return `static.${ip.split(".").reverse().join(".")}.clients.your-server.de`;
}

/** A MAC address of 16 fixed and 32 given bits, so that each id has its own. */
export function macAddress(prefix: "96:00" | "86:00", id: number): string {
  const bytes = [24, 16, 8, 0].map((shift) =>
    (Math.floor(id / 2 ** shift) % 256).toString(16).padStart(2, "0"),
  );
  return [prefix, ...bytes].join(":");
}
