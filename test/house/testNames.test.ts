import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import ts from "typescript";
import { projectRoot } from "../../scripts/localStack";
import { type Need, needOf, testFiles } from "../../scripts/testRun/files";

/** What a file calls: functions by their name, methods by the last part of it. */
function callsIn(text: string): Set<string> {
  const calls = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression } = node;
      if (ts.isIdentifier(expression)) calls.add(expression.text);
      if (ts.isPropertyAccessExpression(expression)) calls.add(`.${expression.name.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("x.ts", text, ts.ScriptTarget.Latest));
  return calls;
}

/** What a test asks for before it skips itself. */
function needIn(text: string): Need {
  const calls = callsIn(text);
  if ([...calls].some((call) => /^whyNo(Machines?|LocalCloud)$/.test(call))) return "machines";
  return calls.has(".skip") ? "host" : "nothing";
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
    const wrong = files.flatMap((path, n) => wrongName(path, texts[n] ?? "") ?? []);
    assert.deepEqual(wrong, []);
  });

  it("leave skipping to the test files: a helper that skips would hide it from their names", async () => {
    const helpers = (await testFiles("**/*.ts")).filter((path) => !/\.(test|drill|platform)\.ts$/.test(path));
    const texts = await Promise.all(helpers.map((path) => readFile(join(projectRoot, path), "utf8")));
    assert.deepEqual(
      helpers.filter((_, n) => callsIn(texts[n] ?? "").has(".skip")),
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
    ["test/a.test.ts", "run('this.skip()'); // as whyNoMachines() does", undefined],
  ];
  for (const [path, text, wrong] of judged) {
    it(`${path} with ${text}: ${wrong ?? "well named"}`, () => {
      const said = wrongName(path, text);
      if (wrong === undefined) assert.equal(said, undefined);
      else assert.match(said ?? "", new RegExp(`${wrong.replaceAll(".", "\\.")}$`));
    });
  }
});
