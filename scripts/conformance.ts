import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { newestDrills } from "./conformance/drills";
import { gaps } from "./conformance/gaps";
import { judge, lastRun } from "./conformance/judge";
import { renderReport } from "./conformance/report";
import { readResults } from "./conformance/results";
import { rows } from "./conformance/rows";
import type { TitledTest } from "./conformance/titles";
import { projectRoot } from "./localStack";
import { testFiles } from "./testRun/files";

/** Every test that there is, from mocha, which reads the files without running a test. */
async function allTests(): Promise<TitledTest[]> {
  const files = await testFiles("**/*.test.ts");
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-titles-"));
  try {
    const output = join(folder, "titles.json");
    const reporter = ["--reporter", "json", "--reporter-option", `output=${output}`];
    await execa("mocha", ["--dry-run", ...reporter, ...files], {
      cwd: projectRoot,
      preferLocal: true,
    });
    const { tests } = JSON.parse(await readFile(output, "utf8")) as {
      tests: { readonly file: string; readonly fullTitle: string }[];
    };
    return tests.map(({ file, fullTitle }) => ({ file: relative(projectRoot, file), title: fullTitle }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const results = readResults();
  if (results.length === 0) throw new Error("no test has left a result yet: run `npm test` first");
  const drills = await newestDrills(projectRoot);
  const judged = judge({ rows, gaps, tests: await allTests(), results, drills });
  await writeFile(
    join(projectRoot, "docs", "conformance.md"),
    renderReport(judged, drills, lastRun(results)),
  );
}

if (require.main === module) {
  new Command("npm run conformance")
    .description("Writes docs/conformance.md: every row of the seeds, and what proves it.")
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
