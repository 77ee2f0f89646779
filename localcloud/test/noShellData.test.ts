// Nothing that a client sends reaches a shell of the host as text: programs get arguments, and the few scripts are
// constants of the source, which read their data as positional parameters.
import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..");
const SHELL = /^(\/bin\/|\/usr\/bin\/)?(ba|da)?sh$/;
/** These take a text that a shell reads. */
const textCommands = new Set(["execSync", "execaCommand", "execaCommandSync"]);

interface Finding {
  readonly place: string;
  readonly what: string;
}

function findings(source: ts.SourceFile, scripts: string[]): Finding[] {
  const found: Finding[] = [];
  const constants = constantTexts(source);
  const report = (node: ts.Node, what: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ place: `${source.fileName}:${line + 1}`, what });
  };
  const isText = (node: ts.Expression): boolean =>
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    (ts.isIdentifier(node) && constants.has(node.text));
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAssignment(node) &&
      node.name.getText(source) === "shell" &&
      node.initializer.kind !== ts.SyntaxKind.FalseKeyword &&
      !ts.isIdentifier(node.initializer)
    ) {
      report(node, "runs its command through a shell");
    }
    if (ts.isCallExpression(node) && textCommands.has(node.expression.getText(source))) {
      report(node, "takes its command as one text");
    }
    if (ts.isArrayLiteralExpression(node)) {
      node.elements.forEach((element, index) => {
        const script = node.elements[index + 1];
        if (!ts.isStringLiteral(element) || element.text !== "-c" || script === undefined) return;
        if (!isShellBefore(source, node, index)) return;
        scripts.push(source.fileName);
        if (!isText(script)) report(script, "gives a shell a script that is not a constant");
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `["sh", "-c", script]`, or `execa("sh", ["-c", script])`. */
function isShellBefore(source: ts.SourceFile, list: ts.ArrayLiteralExpression, index: number): boolean {
  const before = list.elements[index - 1];
  if (before !== undefined) return ts.isStringLiteral(before) && SHELL.test(before.text);
  const call = list.parent;
  if (!ts.isCallExpression(call)) return false;
  const command = call.arguments[call.arguments.indexOf(list) - 1];
  return command !== undefined && SHELL.test(command.getText(source).replaceAll(/["'`]/g, ""));
}

/** Names of `const` texts without anything in them that is known at run time only. */
function constantTexts(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const isConstant = (node: ts.Expression): boolean =>
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    (ts.isIdentifier(node) && names.has(node.text)) ||
    (ts.isTemplateExpression(node) && node.templateSpans.every(({ expression }) => isConstant(expression)));
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.initializer !== undefined &&
      isConstant(node.initializer) &&
      (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0
    ) {
      names.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

const parse = (name: string, text: string) => ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);

describe("local cloud: shells of the host", () => {
  it("get no data as text", async () => {
    const found: Finding[] = [];
    const scripts: string[] = [];
    for await (const file of glob("src/**/*.ts", { cwd: root })) {
      found.push(...findings(parse(file, await readFile(join(root, file), "utf8")), scripts));
    }
    assert.deepEqual(found, []);
    assert.ok(scripts.length > 3, "the test finds the scripts that there are");
  });

  const bad: readonly [what: string, text: string][] = [
    ["a template with a name in it", 'execa("sh", ["-c", `echo ${name}`])'],
    ["a script that is put together", 'execa("/bin/sh", ["-c", "echo " + name])'],
    ["a script among other arguments", 'execa("ip", ["netns", "exec", "a", "bash", "-c", script])'],
    ["a variable that may change", 'let script = "a"; execa("sh", ["-c", script])'],
    // The source that must be found, not a template of this file.
    ["a constant with data in it", 'const script = `a ${name}`; execa("sh", ["-c", script])'],
    ["the option shell", 'execa("echo", [], { shell: true })'],
    ["another shell", 'execa("echo", [], { shell: "/bin/bash" })'],
    ["a command as one text", "execSync(text)"],
  ];
  for (const [what, text] of bad) {
    it(`would find ${what}`, () => {
      assert.equal(findings(parse("source.ts", text), []).length, 1);
    });
  }
});
