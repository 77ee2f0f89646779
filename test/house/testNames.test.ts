import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { projectRoot } from "../../scripts/localStack";
import { type Need, needOf, testFiles } from "../../scripts/testFiles";

/** What a test's text asks for before it skips itself. */
function needIn(text: string): Need {
  if (/\bwhyNo(Machines?|LocalCloud)\b/.test(text)) return "machines";
  return /\bskip\(/.test(text) ? "host" : "nothing";
}

/** What is wrong with a test's name, or undefined. */
function wrongName(path: string, text: string): string | undefined {
  const need = needIn(text);
  if (need === needOf(path)) return undefined;
  const stem = basename(path).replace(/(\.\w+)?\.test\.ts$/, "");
  const name = need === "nothing" ? `${stem}.test.ts` : `${stem}.${need}.test.ts`;
  return `${path} needs ${need}: call it ${name}`;
}

describe("names of tests", () => {
  it("say what the tests need: the host, machines, or nothing but Node", async () => {
    const files = (await testFiles("**/*.test.ts")).filter((path) => !path.startsWith("test/e2e/"));
    assert.ok(files.length > 150, `${files.length} files`);
    const texts = await Promise.all(files.map((path) => readFile(join(projectRoot, path), "utf8")));
    // This file names what it looks for.
    const wrong = files.flatMap((path, n) =>
      path.endsWith(basename(__filename)) ? [] : (wrongName(path, texts[n] ?? "") ?? []),
    );
    assert.deepEqual(wrong, []);
  });

  it("leave skipping to the test files: a helper that skips would hide it from their names", async () => {
    const helpers = (await testFiles("**/*.ts")).filter((path) => !/\.(test|drill|platform)\.ts$/.test(path));
    const texts = await Promise.all(helpers.map((path) => readFile(join(projectRoot, path), "utf8")));
    assert.deepEqual(
      helpers.filter((_, n) => /\bskip\(/.test(texts[n] ?? "")),
      [],
    );
  });

  const judged: readonly (readonly [path: string, text: string, wrong: string | undefined])[] = [
    ["test/a.test.ts", "assert.ok(true)", undefined],
    ["test/a.test.ts", "if (whyNoMachines() !== undefined) this.skip();", "call it a.machines.test.ts"],
    ["test/a.test.ts", "if (process.getuid?.() !== 0) this.skip();", "call it a.host.test.ts"],
    ["test/a.host.test.ts", "if (whyNoMachine() !== undefined) this.skip();", "call it a.machines.test.ts"],
    ["test/a.machines.test.ts", "if (process.getuid?.() !== 0) this.skip();", "call it a.host.test.ts"],
    ["test/a.host.test.ts", "assert.ok(true)", "call it a.test.ts"],
  ];
  for (const [path, text, wrong] of judged) {
    it(`${path} with ${text}: ${wrong ?? "well named"}`, () => {
      const said = wrongName(path, text);
      if (wrong === undefined) assert.equal(said, undefined);
      else assert.match(said ?? "", new RegExp(`${wrong.replaceAll(".", "\\.")}$`));
    });
  }
});
