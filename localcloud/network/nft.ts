/** `nft` text that replaces a whole table in one transaction, whether it existed or not. */
export function replaceTable(name: string, body: string): string {
  return `table inet ${name} {}\ndelete table inet ${name}\ntable inet ${name} {\n${body}\n}\n`;
}

/** A set or map body; nft has no syntax for one without elements. */
export function elements(items: readonly string[]): string {
  return items.length === 0 ? "" : `elements = { ${items.join(", ")} }`;
}
