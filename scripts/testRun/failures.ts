import { stripVTControlCharacters } from "node:util";

const linesOfOne = 20;
const widthOfOne = 240;

/**
 * What to say once more at the end of a run of many thousand lines: each failed test of mocha with the first lines
 * of its reason, or the last lines of a program that is not mocha.
 */
export function failuresIn(output: string): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  const summary = lines.findLastIndex((line) => /^ +\d+ failing$/.test(line));
  if (summary < 0) return lines.slice(-linesOfOne).map(shortened).join("\n");
  const starts = lines.flatMap((line, at) => (at > summary && /^ +\d+\) /.test(line) ? [at] : []));
  return starts
    .map((start, number) => firstLines(lines.slice(start, starts[number + 1] ?? lines.length)))
    .join("\n\n");
}

function firstLines(failure: readonly string[]): string {
  const told = failure.filter((line) => line.trim() !== "");
  const more = told.length - linesOfOne;
  const shown = told.slice(0, linesOfOne).map(shortened);
  return [...shown, ...(more > 0 ? [`     ... ${more} more lines above`] : [])].join("\n");
}

function shortened(line: string): string {
  return line.length > widthOfOne ? `${line.slice(0, widthOfOne)}...` : line;
}
