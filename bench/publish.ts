import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../scripts/localStack";

const page = join(projectRoot, "docs", "performance.md");

/**
 * Writes what a bench found into docs/performance.md, between the two comments that carry its name.
 *
 * @throws when the page has no such place
 */
export async function publish(bench: string, markdown: string): Promise<void> {
  await writeFile(page, published(await readFile(page, "utf8"), bench, markdown));
}

/** The page with a new text in the bench's place. */
export function published(text: string, bench: string, markdown: string): string {
  const [from, to] = [`<!-- bench ${bench} -->`, `<!-- end of bench ${bench} -->`];
  const [before, rest, ...more] = text.split(from);
  const [, after, ...tooMany] = rest?.split(to) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || tooMany.length > 0) {
    throw new Error(`docs/performance.md does not hold ${from} and ${to} once each`);
  }
  return `${before}${from}\n${markdown.trim()}\n${to}${after}`;
}

/** A table of GitHub's Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
