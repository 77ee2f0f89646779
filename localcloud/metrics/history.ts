// The samples of one machine in bounded memory: the last hour exactly, a day and a month as averages.
import { type Rates, SERIES_NAMES } from "./series";

/** Seconds between two samples. */
export const SAMPLE_SECONDS = 10;

interface LevelSize {
  /** Seconds that one point stands for. */
  readonly step: number;
  readonly points: number;
}

/** 1,800 points of 9 values: less than half a megabyte for each machine, however long it runs. */
const LEVELS: readonly LevelSize[] = [
  { step: SAMPLE_SECONDS, points: 360 },
  { step: 120, points: 720 },
  { step: 3600, points: 720 },
];

export interface Point {
  /** Unix seconds at which the point ends. */
  readonly time: number;
  readonly rates: Rates;
}

export interface History {
  add(point: Point): void;
  /** Points of the finest level that reaches back to `start`, ordered by time. */
  since(start: number): readonly Point[];
}

export function createHistory(sizes: readonly LevelSize[] = LEVELS): History {
  const levels = sizes.map(createLevel);
  return {
    add: (point) => {
      for (const level of levels) level.add(point);
    },
    since: (start) => {
      const fit = levels.find((level) => level.reachesTo(start)) ?? levels.at(-1);
      return fit?.list() ?? [];
    },
  };
}

function createLevel({ step, points }: LevelSize) {
  const ring: Point[] = [];
  let open: { readonly bucket: number; readonly points: Point[] } | null = null;
  let dropped = false;
  const close = () => {
    if (open === null) return;
    ring.push(average(open.points));
    if (ring.length > points) {
      ring.shift();
      dropped = true;
    }
    open = null;
  };
  return {
    add(point: Point) {
      const bucket = Math.floor(point.time / step);
      if (open !== null && open.bucket !== bucket) close();
      open ??= { bucket, points: [] };
      open.points.push(point);
    },
    /** A level that has lost nothing yet knows as much as any other. */
    reachesTo: (start: number) => !dropped || (ring[0]?.time ?? 0) <= start,
    list: (): readonly Point[] => (open === null ? ring : [...ring, average(open.points)]),
  };
}

/** Of each series over the points that know it; the time is that of the last point. */
export function average(points: readonly Point[]): Point {
  const rates = SERIES_NAMES.map((_, index) => {
    const known = points
      .map(({ rates: values }) => values[index] ?? Number.NaN)
      .filter((value) => value >= 0);
    return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  return { time: points.at(-1)?.time ?? 0, rates };
}
