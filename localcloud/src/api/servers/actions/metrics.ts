// `GET /servers/{id}/metrics`: what the sampler saw, averaged to the resolution that was asked for.
import { average, type Point } from "../../../metrics/history";
import { type Metric, metricNames, seriesByMetric, seriesNames } from "../../../metrics/series";
import { type Call, ok, ownedByPath, type Query, type Reply, type Route } from "../../calls/call";
import { invalidInput } from "../../calls/errors";

/** At most so many samples when the client names no step, and whatever step it names. */
const [DEFAULT_SAMPLES, MAXIMUM_SAMPLES] = [200, 500];

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

export const metricsRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/servers/:id/metrics",
    handle: (call) => metrics(readQuestion(call), []),
    ask: async (call, host) => {
      const question = readQuestion(call);
      const points = await host.usage(question.server, question.start / 1000);
      return () => metrics(question, points);
    },
  },
];

interface Question {
  readonly server: number;
  readonly wanted: readonly Metric[];
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Seconds. */
  readonly step: number;
}

function readQuestion(call: Call): Question {
  const server = ownedByPath(call, "server").id;
  const wanted = readMetrics(call.query);
  const [start, end] = [readTime(call.query, "start"), readTime(call.query, "end")];
  if (end <= start) throw invalidInput("end", "must be later than start");
  return { server, wanted, start, end, step: stepFor((end - start) / 1000, readStep(call.query)) };
}

function metrics({ wanted, start, end, step }: Question, points: readonly Point[]): Reply {
  const samples = resample(points, start / 1000, end / 1000, step);
  const names = wanted.flatMap((metric) => [...seriesByMetric[metric]]);
  const series = names.map((name) => [name, { values: valuesOf(samples, seriesNames.indexOf(name)) }]);
  const [from, to] = [new Date(start).toISOString(), new Date(end).toISOString()];
  return ok({ metrics: { start: from, end: to, step, time_series: Object.fromEntries(series) } });
}

/** Repeated, and separated by commas as well. */
function readMetrics({ type }: Query): readonly Metric[] {
  const names = new Set((type ?? []).flatMap((text) => text.split(",")));
  if (names.size === 0) throw invalidInput("type", "Missing data for required field.");
  const unknown = [...names].find((name) => !(metricNames as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw invalidInput("type", `must be of ${metricNames.join(", ")}; got '${unknown}'`);
  return metricNames.filter((metric) => names.has(metric));
}

function readTime(query: Query, field: "start" | "end"): number {
  // A plus that a client did not encode arrives as a space.
  const text = query[field]?.at(-1)?.replace(/ (?=\d{2}:\d{2}$)/, "+");
  if (text === undefined) throw invalidInput(field, "Missing data for required field.");
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw invalidInput(field, `must be a time by RFC 3339, got '${text}'`);
  return time;
}

function readStep({ step }: Query): number | undefined {
  const text = step?.at(-1);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalidInput("step", `must be seconds from 1, got '${text}'`);
  return Number(text);
}

/** Seconds between samples: the wish, coarser when that would be too many samples. */
export function stepFor(seconds: number, wish: number | undefined): number {
  const least = (samples: number) => Math.max(1, Math.ceil(seconds / samples));
  return wish === undefined ? least(DEFAULT_SAMPLES) : Math.max(wish, least(MAXIMUM_SAMPLES));
}

/** Averages of the points in each step; a step in which nothing was seen has no sample. */
export function resample(points: readonly Point[], start: number, end: number, step: number): Point[] {
  const steps = new Map<number, Point[]>();
  for (const point of points) {
    if (point.time < start || point.time >= end) continue;
    const number = Math.floor((point.time - start) / step);
    steps.set(number, [...(steps.get(number) ?? []), point]);
  }
  return [...steps].map(([number, inside]) => ({ ...average(inside), time: start + number * step }));
}

const valuesOf = (samples: readonly Point[], index: number) =>
  samples.flatMap(({ time, rates }) => {
    const value = rates[index];
    return value === undefined || Number.isNaN(value) ? [] : [[time, String(Number(value.toFixed(3)))]];
  });
