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
  const first = ipv4Number(address.toString());
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

/** True for a network address in CIDR form, IPv4 or IPv6, as Hetzner's firewalls take it. */
export function isNetworkCidr(cidr: string): boolean {
  if (ipv4Range(cidr) !== undefined) return true;
  if (!cidr.includes(":") || !ipaddr.IPv6.isValidCIDR(cidr)) return false;
  const [address] = ipaddr.IPv6.parseCIDR(cidr);
  return ipaddr.IPv6.networkAddressFromCIDR(cidr).toString() === address.toString();
}

export function ipv4Number(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, octet) => sum * 256 + octet, 0);
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function contains(outer: Ipv4Range, inner: Pick<Ipv4Range, "first" | "last">): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}
