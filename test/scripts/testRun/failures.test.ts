import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../../scripts/localStack";
import { failuresIn } from "../../../scripts/testRun/failures";

describe("what a test run repeats at its end", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "failures-"));
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  /** The output of the mocha that the project uses, with colours as in a terminal. */
  async function mocha(tests: string, ...options: string[]): Promise<string> {
    const file = join(folder, "some.test.js");
    await writeFile(file, tests);
    const { all = "" } = await execa("mocha", ["--no-config", "--color", ...options, file], {
      cwd: projectRoot,
      preferLocal: true,
      reject: false,
      all: true,
    });
    return all;
  }

  for (const options of [[], ["--parallel"]]) {
    it(`names each failed test with its reason, and no other test: mocha ${options.join(" ")}`, async () => {
      const output = await mocha(
        `describe("house", () => {
  it("stands", () => {});
  it("falls", () => { throw new Error("no ground"); });
  it("burns", () => { throw new Error("too warm"); });
});`,
        ...options,
      );
      const told = failuresIn(output);
      assert.match(told, /1\) house\s+falls:\s+Error: no ground/);
      assert.match(told, /2\) house\s+burns:\s+Error: too warm/);
      assert.doesNotMatch(told, /stands|passing/);
    });
  }

  it("cuts a reason that is long or wide, and says so", async () => {
    const output = await mocha(
      `it("talks", () => { throw new Error("first\\n" + "word\\n".repeat(500) + "x".repeat(9000)); });
it("is also told", () => { throw new Error("second"); });`,
    );
    const told = failuresIn(output);
    assert.match(told, /first/);
    assert.match(told, /more lines above/);
    assert.match(told, /second/);
    assert.ok(told.split("\n").length < 50, `${told.split("\n").length} lines`);
    assert.ok(Math.max(...told.split("\n").map((line) => line.length)) < 300);
  });

  it("shows the end of what a program said that is not mocha", () => {
    const output = Array.from({ length: 100 }, (_, number) => `line ${number}`).join("\n");
    const told = failuresIn(`${output}\nindex.ts(3,1): error TS2304\n`);
    assert.match(told, /index\.ts\(3,1\): error TS2304$/);
    assert.doesNotMatch(told, /line 50\b/);
  });
});
