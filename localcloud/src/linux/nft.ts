/** `nft` text that replaces a whole table in one transaction, whether it existed or not. */
export function replaceTable(name: string, body: string): string {
  return `table inet ${name} {}\ndelete table inet ${name}\ntable inet ${name} {\n${body}\n}\n`;
}

/** A set or map body; nft has no syntax for one without elements. */
export function elements(items: readonly string[]): string {
  return items.length === 0 ? "" : `elements = { ${items.join(", ")} }`;
}

/** What asks for a lease has no address yet; it gets no further than this router. */
export const dhcpRequest =
  'iifname "m*" ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept';
