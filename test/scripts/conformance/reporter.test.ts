import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { type Result, runVariable } from "../../../scripts/conformance/results";
import { projectRoot } from "../../../scripts/localStack";

const run = { began: "2026-11-24T10:00:00.000Z", commit: "abc1234", whole: true };

/** Runs a test file with the project's reporter and answers its exit code, output and what was recorded. */
async function runMocha(source: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), "hetzner-platform-reporter-"));
  try {
    const file = join(folder, "sample.test.ts");
    await writeFile(file, source);
    const child = await execa("mocha", [...options, file], {
      cwd: projectRoot,
      preferLocal: true,
      reject: false,
      env: { [runVariable]: JSON.stringify(run), ...env, HETZNER_PLATFORM_CACHE: folder },
    });
    const runs = join(folder, "conformance", "runs");
    const names = await readdir(runs).catch(() => []);
    const texts = await Promise.all(names.map((name) => readFile(join(runs, name), "utf8")));
    const lines = texts.join("").split("\n").filter(Boolean);
    const results = lines.map((line) => JSON.parse(line) as Result);
    return { ...child, results: results.map(({ file, ...result }) => ({ ...result, file: basename(file) })) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const outcomes = `
for (const engine of ["HAProxy", "nginx"]) describe(engine, () => {
  it("S0-1: serves", () => { if (engine === "HAProxy") throw new Error("down"); });
});
describe("machines", () => {
  before(function () { this["skip"](); });
  it("S0-2: are closed", () => {});
});
describe("platform", () => {
  before(() => { throw new Error("no platform"); });
  it("S0-3: is large", () => {});
});
it("names no row", () => {});
`;

describe("mocha's reporter", function () {
  this.timeout(120_000);

  for (const [how, options] of [
    ["one after the other", []],
    ["side by side", ["--parallel"]],
  ] as const) {
    it(`records each engine, what was skipped and a set-up that failed, for files that run ${how}`, async () => {
      const { exitCode, results, stdout } = await runMocha(outcomes, options);
      const of = "suite" as const;
      const file = "sample.test.ts";
      assert.deepEqual(results, [
        { run, title: "HAProxy S0-1: serves", state: "failed", file },
        { run, title: "nginx S0-1: serves", state: "passed", file },
        { run, title: "machines S0-2: are closed", state: "skipped", file },
        { run, title: "platform", state: "failed", of, file },
      ]);
      assert.equal(exitCode, 2, "the failures are mocha's exit code");
      assert.match(stdout, /2 passing[\s\S]*2 failing/, "people read the usual output");
    });
  }

  it("records nothing when nobody asked for a run", async () => {
    assert.deepEqual((await runMocha(outcomes, [], { [runVariable]: "" })).results, []);
  });

  it("fails a run with a title that names an unknown row", async () => {
    const { exitCode, stderr } = await runMocha(`it("S7-1: flies", () => {});`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /"S7-1: flies" names S7-1, which is no row/);
  });
});
