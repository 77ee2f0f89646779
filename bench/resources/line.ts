/** What a time is made of that grows with a count: `start + slope * count`. */
export interface Line {
  readonly start: number;
  readonly slope: number;
}

/** The line with the least squares. @throws with less than two different counts: no line goes through them alone */
export function fitLine(counts: readonly number[], values: readonly number[]): Line {
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [middle, height] = [mean(counts), mean(values)];
  const spread = counts.reduce((sum, count) => sum + (count - middle) ** 2, 0);
  if (spread === 0) throw new Error("a slope needs two sizes at least");
  const shared = counts.reduce(
    (sum, count, index) => sum + (count - middle) * ((values[index] ?? Number.NaN) - height),
    0,
  );
  const slope = shared / spread;
  return { start: height - slope * middle, slope };
}
