import { isMap, isScalar, parseDocument, Scalar } from "yaml";
import type { Entry } from "./entries";

const reference = "docs/reference.md";
const width = 116;

/**
 * Pulumi.yaml with the descriptions of the schema; what else stands there is kept.
 *
 * @param text the file as it is
 */
export function withDescriptions(text: string, entries: readonly Entry[]): string {
  const document = parseDocument(text);
  const config = document.get("config", true);
  if (!isMap(config)) throw new Error("Pulumi.yaml declares no config");
  for (const entry of entries.filter(({ path }) => config.has(path))) {
    document.setIn(["config", entry.path, "description"], scalar(describe(entry)));
  }
  const key = isMap(document.contents)
    ? document.contents.items.find((pair) => isScalar(pair.key) && pair.key.value === "config")?.key
    : undefined;
  if (isScalar(key)) key.commentBefore = absentKeys(entries.filter(({ path }) => !config.has(path)));
  return document.toString({ lineWidth: width, flowCollectionPadding: false });
}

function scalar(text: string): Scalar {
  const node = new Scalar(text);
  node.type = text.length < width - 20 ? "QUOTE_DOUBLE" : "BLOCK_FOLDED";
  return node;
}

/** What the engine must not ask for stands in a comment. */
function absentKeys(entries: readonly Entry[]): string {
  const lines = [
    "Descriptions from here on are written by `npm run settings-reference` from the schemas: do not edit.",
    "Not declared, because they may be absent and the engine would ask for them:",
    ...entries.flatMap((entry) => {
      const secret = entry.secrecy === "secret" ? "secret: " : "";
      return columns(entry.path, `${secret}${entry.description} (default: ${plain(entry.fallback)})`);
    }),
    `Everything about all values stands in ${reference}; components/stack reports all mistakes at once.`,
  ];
  return lines.map((line) => ` ${line}`).join("\n");
}

function columns(name: string, text: string): string[] {
  const indent = 26;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + word.length < width - indent;
    if (fits) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines.map((line, index) => `${(index === 0 ? `  ${name}` : "").padEnd(indent)}${line}`);
}

function describe({ description, type, fallback, allowed, inside }: Entry): string {
  const required = fallback === "required" ? "Required. " : "";
  const choice = type === "text" ? `: ${allowed}` : "";
  const keys = inside.length === 0 ? "" : `: ${outline(inside)} (${reference})`;
  return `${required}${description}${choice}${keys}`;
}

function outline(entries: readonly Entry[]): string {
  return entries
    .map(({ path, type, fallback, allowed = "", inside }) => {
      const name = path.split(".").at(-1);
      const choice = /^(?:each )?one of .{1,60}$/.test(allowed) ? `; ${allowed}` : "";
      if (inside.length === 0) return `${name} (${plain(fallback)}${choice})`;
      return `${name}${type === "settings" ? "" : `, ${type}`}: {${outline(inside)}}`;
    })
    .join(", ");
}

const plain = (text = "") => text.replaceAll("`", "");
