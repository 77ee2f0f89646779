import { loadavg } from "node:os";
import { spreadText } from "../../localcloud/bench/report";
import { ratiosOf, spreadOf } from "../../localcloud/bench/statistics";
import { table } from "../publish";

/** What the machines were when a tool came. */
export const states = ["first", "nothing", "change"] as const;
export type State = (typeof states)[number];

/** One run of one tool. */
export interface Sample {
  readonly tool: string;
  readonly state: State;
  /** Machines that were configured together. */
  readonly count: number;
  /** Seconds. */
  readonly wall: number;
  /** Processor seconds where the tool runs, and those of the machines together. */
  readonly controller: number;
  readonly machines: number;
  /** Logins of each machine. @default - not known any more */
  readonly connections?: number;
}

const titles: Readonly<Record<State, string>> = {
  nothing: "Nothing to change",
  change: "One file changed",
  first: "First set-up",
};

const head = ["machines", "who", "wall", "times ours", "processor", "times ours", "connections to each"];

/** A table for each state; the tool that was measured first is ours. */
export function reportOf(samples: readonly Sample[]): string {
  const tables = Object.entries(titles).flatMap(([state, title]) => {
    const found = samples.filter((sample) => sample.state === state);
    if (found.length === 0) return [];
    const counts = [...new Set(found.map(({ count }) => count))];
    const rows = counts.flatMap((count) => rowsOf(found.filter((sample) => sample.count === count)));
    return [`**${title}**\n\n${table(head, rows)}`];
  });
  const [load = 0] = loadavg();
  return `${tables.join("\n\n")}\n\nMedians of ${roundsOf(samples)} in turns, least and most in brackets. Processor: seconds where the tool runs and on the machines together. Load average at the end ${load.toFixed(1)}.`;
}

/** How many runs each median is of, by the number of machines when it differs. */
function roundsOf(samples: readonly Sample[]): string {
  const counts = [...new Set(samples.map(({ count }) => count))];
  const rounds = counts.map((count) => {
    const [first] = samples;
    const same = samples.filter(
      (sample) => sample.count === count && sample.tool === first?.tool && sample.state === first.state,
    );
    return same.length;
  });
  if (new Set(rounds).size <= 1) return `${rounds[0] ?? 0}`;
  return rounds.map((number, index) => `${number} (${counts[index]} machines)`).join(", ");
}

/** Of one state and number of machines. */
function rowsOf(samples: readonly Sample[]): string[][] {
  const tools = [...new Set(samples.map(({ tool }) => tool))];
  const of = (tool: string) => samples.filter((sample) => sample.tool === tool);
  const [ours = ""] = tools;
  const processor = ({ controller, machines }: Sample) => controller + machines;
  const wall = (sample: Sample) => sample.wall;
  return tools.map((tool) => [
    String(samples[0]?.count),
    tool,
    ...[wall, processor].flatMap((value) => {
      const values = of(tool).map(value);
      const ratio = tool === ours ? "1" : spreadText(ratiosOf(values, of(ours).map(value)));
      return [`${spreadText(spreadOf(values))} s`, ratio];
    }),
    loginsText(of(tool).flatMap(({ connections }) => connections ?? [])),
  ]);
}

const loginsText = (logins: readonly number[]) => (logins.length === 0 ? "-" : spreadText(spreadOf(logins)));
