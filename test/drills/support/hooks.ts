// Mocha loads this before a drill that `npm run drill` starts.
import { note } from "./record";

export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const test = this.currentTest;
    if (test !== undefined) note({ title: test.fullTitle(), state: test.state ?? "skipped" });
  },
};
