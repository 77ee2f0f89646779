/** What several measurements of one thing say together. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** @throws when there is no value */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  if (sorted.length === 0) throw new Error("nothing was measured");
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
    count: sorted.length,
  };
}

/**
 * Ratios of measurements that were taken in turns, each of its own round, so that what disturbs a round disturbs
 * both sides of its ratio.
 *
 * @throws when one side has more rounds
 */
export function ratiosOf(above: readonly number[], below: readonly number[]): Spread {
  if (above.length !== below.length) {
    throw new Error(`${above.length} rounds cannot be held against ${below.length}`);
  }
  return spreadOf(above.map((value, index) => value / (below[index] ?? Number.NaN)));
}
