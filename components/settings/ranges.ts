import ipaddr from "ipaddr.js";

/** An IPv4 range as numbers: comparing is subtraction. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** The range that a CIDR names; undefined when it is no IPv4 network address (`10.0.0.1/24` is none). */
export function ipv4Range(cidr: string): Ipv4Range | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(cidr) || !ipaddr.IPv4.isValidCIDR(cidr)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  // Some programs read 010 as eight, others as ten.
  if (cidr !== `${address}/${prefix}`) return undefined;
  const first = ipv4Number(address.toString());
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

/** The same of a text that was checked before. @throws when it is none all the same */
export function requireIpv4Range(cidr: string): Ipv4Range {
  const range = ipv4Range(cidr);
  if (range === undefined) throw new Error(`${cidr} is no IPv4 network address`);
  return range;
}

/** True for a network address in CIDR form, IPv4 or IPv6, as Hetzner's firewalls take it. */
export function isNetworkCidr(cidr: string): boolean {
  if (ipv4Range(cidr) !== undefined) return true;
  if (!/^[0-9a-f:.]+\/(?:0|[1-9]\d*)$/i.test(cidr) || !ipaddr.IPv6.isValidCIDR(cidr)) return false;
  const [address] = ipaddr.IPv6.parseCIDR(cidr);
  return ipaddr.IPv6.networkAddressFromCIDR(cidr).toString() === address.toString();
}

/** The form in which Hetzner returns a range, RFC 5952: `2001:DB8:0:0::/32` is `2001:db8::/32`. */
export function canonicalCidr(cidr: string): string {
  if (!cidr.includes(":")) return cidr;
  const [address, prefix] = ipaddr.IPv6.parseCIDR(cidr);
  return `${address.toRFC5952String()}/${prefix}`;
}

const documentationRanges = [
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "2001:db8::/32",
  "3fff::/20",
];

/** True inside the ranges that stand for addresses in examples (RFC 5737, 3849 and 9637): nobody has one. */
export function isDocumentationRange(cidr: string): boolean {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  return documentationRanges.some((range) => {
    const [outer, outerPrefix] = ipaddr.parseCIDR(range);
    return outer.kind() === address.kind() && prefix >= outerPrefix && address.match(outer, outerPrefix);
  });
}

/** True for a range in which anybody on the internet may have an address. */
export function isPublicIpv4Range(cidr: string): boolean {
  if (ipv4Range(cidr) === undefined) return false;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  // Such a large one reaches beyond what its first address is reserved for.
  return prefix < 8 || address.range() === "unicast";
}

/**
 * How much of the internet's addresses is in these ranges, from 0 to 1: of IPv4 or of the part of IPv6 that is given
 * out (2000::/3), whichever is more.
 */
export function shareOfInternet(cidrs: readonly string[]): number {
  const ranges = cidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  const ofKind = (kind: "ipv4" | "ipv6") =>
    ranges
      .filter(([address]) => address.kind() === kind)
      .map(([address, prefix]) => {
        const bytes = address.toByteArray();
        const first = bytes.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
        return { first, last: first + (1n << BigInt(bytes.length * 8 - prefix)) - 1n };
      });
  const wholeIpv4 = { first: 0n, last: (1n << 32n) - 1n };
  const givenIpv6 = { first: 1n << 125n, last: (1n << 126n) - 1n };
  return Math.max(shareOf(wholeIpv4, ofKind("ipv4")), shareOf(givenIpv6, ofKind("ipv6")));
}

interface BigRange {
  readonly first: bigint;
  readonly last: bigint;
}

function shareOf(whole: BigRange, ranges: readonly BigRange[]): number {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  let covered = 0n;
  let next = whole.first;
  for (const { first, last } of sorted) {
    const from = first > next ? first : next;
    const to = last < whole.last ? last : whole.last;
    if (to < from) continue;
    covered += to - from + 1n;
    next = to + 1n;
  }
  return Number(covered) / Number(whole.last - whole.first + 1n);
}

export function ipv4Number(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, octet) => sum * 256 + octet, 0);
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** The address number `host` of an IPv4 range: 11 of 10.0.1.0/24 is 10.0.1.11. */
export function hostAddress(range: string, host: number): string {
  return ipv4Text(ipv4Number(range.split("/")[0] ?? "") + host);
}

export function contains(outer: Ipv4Range, inner: Pick<Ipv4Range, "first" | "last">): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}
