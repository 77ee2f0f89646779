// Time series from measured traffic. Pure: samples and a period in, Hetzner's metrics out.
import type { TrafficSample } from "../../host/contract";

export interface Period {
  /** Unix time in seconds. */
  readonly start: number;
  readonly end: number;
  /** Seconds between two values. */
  readonly step: number;
}

export const metricTypes = [
  "open_connections",
  "connections_per_second",
  "requests_per_second",
  "bandwidth",
] as const;

export type MetricType = (typeof metricTypes)[number];

const mostSamples = 200;
const maximumSamples = 500;

/** The step that answers 200 values when none is wanted, and never more than 500. */
export function stepOf(start: number, end: number, wanted?: number): number {
  const fewest = Math.max(1, Math.ceil((end - start) / maximumSamples));
  return Math.max(fewest, wanted ?? Math.ceil((end - start) / mostSamples));
}

type Counter = Exclude<keyof TrafficSample, "at" | "openConnections">;

const series: Readonly<Record<MetricType, Readonly<Record<string, Counter | "openConnections">>>> = {
  open_connections: { open_connections: "openConnections" },
  connections_per_second: { connections_per_second: "connections" },
  requests_per_second: { requests_per_second: "requests" },
  bandwidth: { "bandwidth.in": "bytesIn", "bandwidth.out": "bytesOut" },
};

export type TimeSeries = Record<string, { values: [number, string][] }>;

export function timeSeries(
  samples: readonly TrafficSample[],
  types: readonly MetricType[],
  period: Period,
): TimeSeries {
  const result: TimeSeries = {};
  for (const type of types) {
    for (const [name, field] of Object.entries(series[type])) {
      result[name] = { values: valuesOf(samples, field, period) };
    }
  }
  return result;
}

/** One value for each step that was measured: a rate over the step, or the number that was last seen. */
function valuesOf(
  samples: readonly TrafficSample[],
  field: Counter | "openConnections",
  { start, end, step }: Period,
): [number, string][] {
  const values: [number, string][] = [];
  let index = 0;
  let before: TrafficSample | undefined;
  for (let time = start; time <= end; time += step) {
    let last = before;
    for (; index < samples.length; index++) {
      const sample = samples[index];
      if (sample === undefined || sample.at > time) break;
      last = sample;
    }
    if (last !== undefined && (last !== before || field === "openConnections")) {
      const value = field === "openConnections" ? last.openConnections : rate(before, last, field);
      if (value !== null) values.push([time, String(value)]);
    }
    before = last;
  }
  return values;
}

function rate(before: TrafficSample | undefined, last: TrafficSample, field: Counter): number | null {
  if (before === undefined || last.at <= before.at) return null;
  return (last[field] - before[field]) / (last.at - before.at);
}

/** Bytes since the first of the month, as far as they were measured. */
export function bytesThisMonth(samples: readonly TrafficSample[], now: Date) {
  const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) / 1000;
  const last = samples.at(-1);
  const base = samples.findLast(({ at }) => at < month);
  return {
    incoming: (last?.bytesIn ?? 0) - (base?.bytesIn ?? 0),
    outgoing: (last?.bytesOut ?? 0) - (base?.bytesOut ?? 0),
  };
}
