import { readFile, rename, writeFile } from "node:fs/promises";
import { isMap, isScalar, type Pair, type ParsedNode, parseDocument } from "yaml";

/** Writes the numbers of baked images into a stack's file, and leaves every other byte of it. */
export async function writeBakedImages(
  path: string,
  images: Readonly<Record<string, number>>,
): Promise<void> {
  const text = withBakedImages(await readFile(path, "utf8"), images);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** The text of a stack's file with other baked images. @throws when it has no `config:` with keys below each other */
export function withBakedImages(text: string, images: Readonly<Record<string, number>>): string {
  const config = parseDocument(text).get("config", true);
  const last = isMap<ParsedNode, ParsedNode | null>(config) ? config.items.at(-1) : undefined;
  if (!isMap<ParsedNode, ParsedNode | null>(config) || last === undefined || config.flow === true) {
    throw new Error("the stack's file has no config: to write bakedImages into");
  }
  const indent = " ".repeat(columnOf(text, config.items[0]));
  const roles = Object.entries(images).map(([role, id]) => `${indent}  ${role}: ${id}\n`);
  const block = `${indent}${key}:\n${roles.join("")}`;
  const old = config.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (old === undefined) return spliced(text, endOf(text, last), endOf(text, last), block);
  return spliced(text, startOfLine(text, old), endOf(text, old), block);
}

const key = "hetzner-platform:bakedImages";

type Item = Pair<ParsedNode, ParsedNode | null>;

const startOf = (item: Item | undefined) => item?.key.range?.[0] ?? 0;
const columnOf = (text: string, item: Item | undefined) => startOf(item) - startOfLine(text, item);
const startOfLine = (text: string, item: Item | undefined) => text.lastIndexOf("\n", startOf(item) - 1) + 1;

/** Where the line after an entry begins. */
function endOf(text: string, { key, value }: Item): number {
  const end = value?.range?.[1] ?? key.range?.[1] ?? 0;
  if (text[end - 1] === "\n") return end;
  const line = text.indexOf("\n", end);
  return line === -1 ? text.length : line + 1;
}

function spliced(text: string, from: number, to: number, block: string): string {
  const before = text.slice(0, from);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${block}${text.slice(to)}`;
}
