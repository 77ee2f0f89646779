import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { type RowResult, rowsFile } from "../test/support/recordRows";
import { projectRoot } from "./localStack";

/** The newest result of every test that names a row, by row. */
export function newestByRow(results: readonly RowResult[]): Map<string, RowResult[]> {
  const newest = new Map(results.map((result) => [`${result.file} ${result.title}`, result]));
  const byRow = new Map<string, RowResult[]>();
  for (const result of newest.values()) {
    for (const row of result.rows) byRow.set(row, [...(byRow.get(row) ?? []), result]);
  }
  return new Map([...byRow].sort(([left], [right]) => left.localeCompare(right, "en", { numeric: true })));
}

/** The report as Markdown. */
export function renderConformance(byRow: ReadonlyMap<string, readonly RowResult[]>): string {
  const lines = [...byRow].flatMap(([row, results]) =>
    results.map(
      ({ title, file, state, date }) =>
        `| ${row} | ${title.replaceAll("|", "\\|")} | \`${file}\` | ${state} | ${date} |`,
    ),
  );
  return `# Conformance
Written by \`npm run conformance\` from the last run of each test that names a row: do not edit.

| row | proof | test | result | on |
|---|---|---|---|---|
${lines.join("\n")}
`;
}

async function main(): Promise<void> {
  const text = await readFile(rowsFile, "utf8").catch(() => {
    throw new Error("no test has recorded a row yet: run `npm test` first");
  });
  const results = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RowResult);
  await writeFile(join(projectRoot, "docs", "conformance.md"), renderConformance(newestByRow(results)));
}

if (require.main === module) {
  new Command("npm run conformance")
    .description("Writes docs/conformance.md from the results of the last test runs.")
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
