// The project's TypeScript as its rules see it: lengths of files and functions, and who imports whom.
import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { execa } from "execa";
import ts from "typescript";
import { projectRoot } from "../../../scripts/localStack";

export interface Source {
  /** From the root of the project. */
  readonly path: string;
  readonly lines: number;
  readonly functions: readonly SourceFunction[];
  /** Files of the project that it imports, types included. */
  readonly imports: readonly string[];
}

export interface SourceFunction {
  /** `renderSetup`, or where it is called for one without a name: `describe("...")`. */
  readonly name: string;
  readonly lines: number;
}

/** Every TypeScript file that git knows or would add. */
export async function allSources(): Promise<Source[]> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.ts", "*.mts"];
  const { stdout } = await execa("git", list, { cwd: projectRoot });
  const paths = stdout.split("\n").filter((path) => !path.endsWith(".d.ts"));
  const known = new Set(paths);
  const sources = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(projectRoot, path), "utf8").catch(() => undefined);
      return text === undefined ? [] : [sourceOf(path, text, known)];
    }),
  );
  return sources.flat();
}

export function sourceOf(path: string, text: string, known: ReadonlySet<string>): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const functions: SourceFunction[] = [];
  const imports = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined && !isSuite(node)) {
      functions.push({ name: nameOf(node), lines: linesOf(file, node) });
    }
    const wanted = importIn(node);
    if (wanted !== undefined) {
      const target = resolve(path, wanted, known);
      if (target !== undefined) imports.add(target);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, lines: text.trimEnd().split("\n").length, functions, imports: [...imports] };
}

function linesOf(file: ts.SourceFile, node: ts.Node): number {
  const line = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  return line(node.getEnd()) - line(node.getStart(file)) + 1;
}

/** A suite of tests holds functions and does nothing itself; so does a function that gives its tests to a suite. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  if (ts.isCallExpression(call) && /^(describe|suite|context)\b/.test(call.expression.getText())) return true;
  return ts.isFunctionDeclaration(node) && (node.body?.statements.some(isTest) ?? false);
}

function isTest(statement: ts.Statement): boolean {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return false;
  return ["it", "describe"].includes(statement.expression.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  if (ts.isCallExpression(parent)) {
    const [first] = parent.arguments;
    const title = first !== undefined && ts.isStringLiteralLike(first) ? `("${first.text}")` : "";
    return `${parent.expression.getText().split("\n")[0]}${title}`;
  }
  return ts.isConstructorDeclaration(node) ? "constructor" : "function";
}

function importIn(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined)
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const [first] = isCall ? node.arguments : [];
  return first !== undefined && ts.isStringLiteral(first) ? first.text : undefined;
}

function resolve(from: string, wanted: string, known: ReadonlySet<string>): string | undefined {
  if (!wanted.startsWith(".")) return undefined;
  const base = posix.join(dirname(from), wanted).replace(/\.js$/, "");
  return [base, `${base}.ts`, `${base}.mts`, posix.join(base, "index.ts")].find((path) => known.has(path));
}
