// Mocha's reporter of every run (.mocharc.yaml): what people read on the terminal, and beside it the results of the
// tests that name a row.
import { relative } from "node:path";
import Mocha from "mocha";
import { currentRun, type Result, record } from "./results";
import { rowsIn } from "./rows";
import { faultsOfTitles, type TitledTest } from "./titles";

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

export default class ConformanceReporter {
  private readonly results: Omit<Result, "run">[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    new Mocha.reporters.Spec(runner, options);
    runner.on(EVENT_TEST_PASS, (test) => this.keep(test, "passed"));
    runner.on(EVENT_TEST_PENDING, (test) => this.keep(test, "skipped"));
    runner.on(EVENT_TEST_FAIL, (test: Mocha.Test | Mocha.Hook) => this.keep(test, "failed"));
    runner.on(EVENT_RUN_END, () => {
      const run = currentRun();
      if (run !== undefined && options.dryRun !== true) record(run, this.results);
    });
  }

  /** Titles that prove nothing fail the run. Mocha calls this at its end. */
  done(failures: number, end: (failures: number) => void): void {
    const faults = faultsOfTitles(this.results.filter(({ of }) => of === undefined) as readonly TitledTest[]);
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    end(failures + faults.length);
  }

  private keep(test: Mocha.Test | Mocha.Hook, state: Result["state"]): void {
    const file = relative(process.cwd(), test.file ?? "");
    // A hook that fails takes with it all tests of its suite that have not run: mocha says nothing of them.
    if (test.type === "hook")
      this.results.push({ file, title: test.parent?.fullTitle() ?? "", state, of: "suite" });
    else if (rowsIn(test.fullTitle()).length > 0) this.results.push({ file, title: test.fullTitle(), state });
  }
}
