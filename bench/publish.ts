import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../scripts/localStack";

const performancePage = "docs/performance.md";

/**
 * Writes what a bench or a drill found into a page, between the two comments that carry its name.
 *
 * @param page path of it @default docs/performance.md
 * @throws when the page has no such place
 */
export async function publish(bench: string, markdown: string, page = performancePage): Promise<void> {
  const path = join(projectRoot, page);
  await writeFile(path, published(await readFile(path, "utf8"), bench, markdown, page));
}

/** The page with a new text in the bench's place. */
export function published(text: string, bench: string, markdown: string, page = performancePage): string {
  const [from, to] = [`<!-- bench ${bench} -->`, `<!-- end of bench ${bench} -->`];
  const [before, rest, ...more] = text.split(from);
  const [, after, ...tooMany] = rest?.split(to) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || tooMany.length > 0) {
    throw new Error(`${page} does not hold ${from} and ${to} once each`);
  }
  return `${before}${from}\n${markdown.trim()}\n${to}${after}`;
}

/** A table of GitHub's Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
