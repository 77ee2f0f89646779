import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, relative } from "node:path";
import { cacheDir } from "../../toolchain/cacheDir";

/** Where the results of tests that prove a row of the capability list are collected, one JSON line each. */
export const rowsFile = cacheDir("conformance", "rows.jsonl");

/** One test that names a row by its id: `S0-24`. */
export interface RowResult {
  readonly rows: readonly string[];
  readonly title: string;
  readonly file: string;
  readonly state: string;
  readonly date: string;
}

/** Mocha loads these hooks before every run (.mocharc.yaml). */
export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const test = this.currentTest;
    const rows = [...new Set(test?.fullTitle().match(/\bS\d-\d+\b/g) ?? [])];
    if (test === undefined || rows.length === 0) return;
    const result: RowResult = {
      rows,
      title: test.title,
      file: relative(process.cwd(), test.file ?? ""),
      state: test.state ?? "skipped",
      date: new Date().toISOString().slice(0, 10),
    };
    mkdirSync(dirname(rowsFile), { recursive: true });
    appendFileSync(rowsFile, `${JSON.stringify(result)}\n`);
  },
};
