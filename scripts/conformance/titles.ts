import { rows, rowsIn } from "./rows";

/** A test as mocha knows it. */
export interface TitledTest {
  readonly file: string;
  /** Of all suites around it, and its own. */
  readonly title: string;
}

/**
 * What makes titles useless as proofs: a row that nobody asked for, a row named twice by one title, and two tests of
 * a file that nobody can tell apart, of which the last would hide how the first one ended.
 */
export function faultsOfTitles(tests: readonly TitledTest[]): string[] {
  const seen = new Set<string>();
  return tests.flatMap(({ file, title }) => {
    const ids = rowsIn(title);
    if (ids.length === 0) return [];
    const key = `${file} ${title}`;
    const again = seen.has(key);
    seen.add(key);
    return [
      ...ids.filter((id) => rows[id] === undefined).map((id) => `names ${id}, which is no row`),
      ...[...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))].map((id) => `names ${id} twice`),
      ...(again ? ["is the title of two tests of this file: say for which engine or case each one is"] : []),
    ].map((fault) => `${file}: "${title}" ${fault}`);
  });
}
