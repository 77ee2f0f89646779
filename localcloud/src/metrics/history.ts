// The samples of one machine in bounded memory: the last hour exactly, a day and a month as averages.
import { type Rates, seriesNames } from "./series";

/** Seconds between two samples. */
export const sampleSeconds = 10;

interface LevelSize {
  /** Seconds that one point stands for. */
  readonly step: number;
  readonly points: number;
}

/** 1,800 points of 9 values: less than half a megabyte for each machine, however long it runs. */
const levelSizes: readonly LevelSize[] = [
  { step: sampleSeconds, points: 360 },
  { step: 120, points: 720 },
  { step: 3600, points: 720 },
];

export interface Point {
  /** Unix seconds at which the point ends. */
  readonly time: number;
  /** How long it lasted: a busy host is late with a sample, or leaves one out. */
  readonly seconds: number;
  readonly rates: Rates;
}

export interface History {
  add(point: Point): void;
  /** Points of the finest level that reaches back to `start`, ordered by time. */
  since(start: number): readonly Point[];
}

export function createHistory(sizes: readonly LevelSize[] = levelSizes): History {
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
  let open: Point[] = [];
  let dropped = false;
  const close = () => {
    ring.push(average(open));
    if (ring.length > points) {
      ring.shift();
      dropped = true;
    }
    open = [];
  };
  return {
    add(point: Point) {
      // Samples come about every so many seconds, so whichever end is nearer to the step is the right one.
      if (open.length > 0 && durationOf(open) + point.seconds / 2 > step) close();
      open.push(point);
    },
    /** A level that has lost nothing yet knows as much as any other. */
    reachesTo: (start: number) => !dropped || (ring[0]?.time ?? 0) <= start,
    list: (): readonly Point[] => (open.length === 0 ? ring : [...ring, average(open)]),
  };
}

const durationOf = (points: readonly Point[]) => points.reduce((sum, { seconds }) => sum + seconds, 0);

/** Of each series over the points that know it, each as long as it lasted; the time is that of the last point. */
export function average(points: readonly Point[]): Point {
  const rates = seriesNames.map((_, index) => {
    const known = points.filter((point) => rateOf(point, index) >= 0);
    const used = known.reduce((sum, point) => sum + rateOf(point, index) * point.seconds, 0);
    return used / durationOf(known);
  });
  return { time: points.at(-1)?.time ?? 0, seconds: durationOf(points), rates };
}

const rateOf = ({ rates }: Point, index: number) => rates[index] ?? Number.NaN;
