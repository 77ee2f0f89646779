// Pure: what still answers while one store is away, as a table.
import { table } from "../../../bench/publish";

/** What visitors got on one path. */
export interface Answered {
  readonly path: string;
  /** Statuses by how often they came: `{ "200": 20 }`. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly medianMs: number;
}

/** One store away, or none. */
export interface Radius {
  readonly away: string;
  readonly answers: readonly Answered[];
}

/** `200, 12 ms`; of several statuses each with its number. */
export function cell({ statuses, medianMs }: Answered): string {
  const all = Object.entries(statuses).sort(([left], [right]) => (left < right ? -1 : 1));
  const [only] = all;
  const said =
    all.length === 1 && only !== undefined
      ? only[0]
      : all.map(([status, count]) => `${count} x ${status}`).join(", ");
  return `${said}, ${Math.round(medianMs)} ms`;
}

/** A row for each store that was away, a column for each path. */
export function radiusTable(all: readonly Radius[]): string {
  const paths = all[0]?.answers.map(({ path }) => `\`${path}\``) ?? [];
  return table(
    ["away", ...paths],
    all.map(({ away, answers }) => [away, ...answers.map(cell)]),
  );
}
