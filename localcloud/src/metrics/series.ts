// What of a machine is measured, and how counters become rates.

/** What a machine has used since it booted, all of it growing. */
export interface MachineCounters {
  readonly cpuNanoseconds: number;
  /** null where the host's control groups do not count it. */
  readonly disk: DiskCounters | null;
  readonly network: NetworkCounters;
}

export interface DiskCounters {
  readonly reads: number;
  readonly writes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Of the public interface. */
export interface NetworkCounters {
  readonly receivedPackets: number;
  readonly sentPackets: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Names of the time series by the metric that a client asks for; units are those of Hetzner's description. */
export const seriesByMetric = {
  cpu: ["cpu"],
  disk: ["disk.0.iops.read", "disk.0.iops.write", "disk.0.bandwidth.read", "disk.0.bandwidth.write"],
  network: ["network.0.pps.in", "network.0.pps.out", "network.0.bandwidth.in", "network.0.bandwidth.out"],
} as const;

export type Metric = keyof typeof seriesByMetric;
export type SeriesName = (typeof seriesByMetric)[Metric][number];

export const metricNames = Object.keys(seriesByMetric) as readonly Metric[];
export const seriesNames: readonly SeriesName[] = metricNames.flatMap((metric) => [
  ...seriesByMetric[metric],
]);

/** One value for each name of {@link seriesNames}, in that order; NaN where the host cannot tell. */
export type Rates = readonly number[];

/** A machine that is off uses nothing. */
export const noRates: Rates = seriesNames.map(() => 0);

/**
 * Use per second between two looks at the counters. One that went back began anew with a boot, so that all of
 * it is new.
 *
 * @param before null for a machine that was off
 * @param seconds between the looks
 */
export function ratesBetween(before: MachineCounters | null, after: MachineCounters, seconds: number): Rates {
  const [old, now] = [before === null ? null : valuesOf(before), valuesOf(after)];
  return now.map((value, index) => {
    const previous = old?.[index] ?? 0;
    return (value < previous ? value : value - previous) / seconds;
  });
}

/** In the order of {@link seriesNames}. Processor time in seconds times 100: its rate is percent of one core. */
function valuesOf({ cpuNanoseconds, disk, network }: MachineCounters): number[] {
  return [
    cpuNanoseconds / 1e7,
    disk?.reads ?? Number.NaN,
    disk?.writes ?? Number.NaN,
    disk?.readBytes ?? Number.NaN,
    disk?.writtenBytes ?? Number.NaN,
    network.receivedPackets,
    network.sentPackets,
    network.receivedBytes,
    network.sentBytes,
  ];
}
