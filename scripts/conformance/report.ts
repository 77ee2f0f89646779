import type { DrillResult } from "./drills";
import { type Proof, type RowVerdict, verdicts } from "./judge";
import type { Run } from "./results";

const dayMs = 24 * 60 * 60 * 1000;

/** The report as Markdown. `run` is the one whose results count as new. */
export function renderReport(
  rows: readonly RowVerdict[],
  drills: readonly DrillResult[],
  run: Run | undefined,
): string {
  const seeds = [...new Set(rows.map(({ row }) => seedOf(row)))];
  const last =
    run === undefined
      ? "No run has left results."
      : `Last ${run.whole ? "whole run" : "run, of some parts only"}: ${minute(run.began)}, commit ${run.commit}.`;
  return `# Conformance
Written by \`npm run conformance\` from the results of \`npm test\` and \`npm run drill\`: do not edit.

${last} What it did not renew is shown with its age; what was skipped is not passed.

${countsOf(rows, seeds)}

Proven: every test and drill that names the row passed, and no gap is known. Weak: something passed, but something else is old, was skipped or never ran, or a known gap is stated. Missing: nothing that names the row passed.

${seeds.map((seed) => sectionOf(seed, rows, run)).join("\n\n")}${drillsSection(drills)}
`;
}

function seedOf(row: string): string {
  return row.split("-")[0] ?? row;
}

function table(headings: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (line: readonly string[]) =>
    `| ${line.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [cells(headings), cells(headings.map(() => "---")), ...lines.map(cells)].join("\n");
}

function countsOf(rows: readonly RowVerdict[], seeds: readonly string[]): string {
  const line = (name: string, own: readonly RowVerdict[]) => [
    name,
    String(own.length),
    ...verdicts.map((verdict) => String(own.filter((row) => row.verdict === verdict).length)),
  ];
  return table(
    ["seed", "rows", ...verdicts],
    [
      ...seeds.map((seed) =>
        line(
          seed,
          rows.filter(({ row }) => seedOf(row) === seed),
        ),
      ),
      line("all", rows),
    ],
  );
}

function sectionOf(seed: string, rows: readonly RowVerdict[], run: Run | undefined): string {
  const lines = rows.filter(({ row }) => seedOf(row) === seed).flatMap((row) => linesOf(row, run));
  return `## ${seed}\n${table(["row", "what is asked, and what proves it", "result"], lines)}`;
}

function linesOf({ row, title, verdict, gap, proofs }: RowVerdict, run: Run | undefined): string[][] {
  return [
    [`**${row}**`, `**${title}**`, `**${verdict}**`],
    ...(gap === undefined ? [] : [["", `Not proven: ${gap}`, "gap"]]),
    ...proofs.map((proof) => ["", `${proof.title} \`${proof.file}\``, resultOf(proof, run)]),
  ];
}

function resultOf({ state, on, commit, old }: Proof, run: Run | undefined): string {
  if (on === undefined) return state;
  if (!old || run === undefined) return on === run?.began ? state : `${state} ${on.slice(0, 10)} (${commit})`;
  const days = Math.floor((Date.parse(run.began) - Date.parse(on)) / dayMs);
  const age = days === 0 ? "the same day" : days === 1 ? "a day" : `${days} days`;
  return `${state} ${on.slice(0, 10)} (${commit}), ${age} before the last run, not since`;
}

function drillsSection(drills: readonly DrillResult[]): string {
  if (drills.length === 0) return "";
  const lines = drills.map(({ drill, rows, result, date, commit, seconds, seed, numbers }) => [
    drill,
    rows.join(" "),
    result,
    date.slice(0, 10),
    commit,
    `${Math.round(seconds)} s`,
    seed === undefined ? "" : String(seed),
    Object.entries(numbers ?? {})
      .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
      .join(", "),
  ]);
  return `\n\n## Drills\nThe last of each. No gate repeats them: \`npm run drill -- --list\`.\n${table(
    ["drill", "rows", "result", "on", "commit", "took", "seed", "numbers"],
    lines,
  )}`;
}

function minute(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
