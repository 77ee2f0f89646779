import Table from "cli-table3";
import type { Spread } from "./statistics";

export interface Target {
  readonly is: "at least" | "at most";
  readonly value: number;
}

/** One line of the report. */
export interface Measure {
  readonly name: string;
  /** What `ours` and `peer` count. */
  readonly unit: string;
  readonly ours: Spread;
  readonly peer?: { readonly name: string; readonly spread: Spread };
  /** What the target is about; `ours` itself when there is none. */
  readonly ratio?: Spread;
  readonly target?: Target;
  readonly note?: string;
}

/** Everything that a run found, as it is written to JSON. */
export interface Report {
  readonly began: string;
  readonly cores: number;
  readonly loadAverage: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly measures: readonly Measure[];
  /** What was not measured, and why. */
  readonly skipped: readonly string[];
}

/** Whether the median reaches the target; undefined where there is none. */
export function reaches({ ours, ratio, target }: Measure): boolean | undefined {
  if (target === undefined) return undefined;
  const { median } = ratio ?? ours;
  return target.is === "at least" ? median >= target.value : median <= target.value;
}

export function reportText({ cores, loadAverage, measures, skipped }: Report): string {
  const table = new Table({
    head: ["measure", "local cloud", "peer", "ratio", "target", ""],
    style: { head: [], border: [], compact: true },
  });
  for (const measure of measures) {
    const { name, unit, ours, peer, ratio, target, note } = measure;
    const reached = reaches(measure);
    table.push([
      note === undefined ? name : `${name} (${note})`,
      `${spreadText(ours)} ${unit}`,
      peer === undefined ? "-" : `${spreadText(peer.spread)} ${unit}, ${peer.name}`,
      ratio === undefined ? "-" : spreadText(ratio),
      target === undefined ? "-" : `${target.is} ${target.value}`,
      reached === undefined ? "" : reached ? "reached" : "missed",
    ]);
  }
  const load = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" ");
  return [
    table.toString(),
    `Medians, with least and most in brackets; ${cores} cores, load average ${load(loadAverage.before)} before and ${load(loadAverage.after)} after.`,
    ...skipped.map((what) => `Not measured: ${what}`),
  ].join("\n");
}

export function spreadText({ median, least, most, count }: Spread): string {
  return count === 1
    ? numberText(median)
    : `${numberText(median)} [${numberText(least)}, ${numberText(most)}]`;
}

/** Three digits that count. */
function numberText(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toFixed(Math.min(digits, 3));
}
