import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import ts from "typescript";

const project = join(__dirname, "../../..");

/** Statements that declare one name: more than one of a function with overloads. */
type Declared = ReadonlyMap<string, readonly ts.Statement[]>;
type Files = ReadonlyMap<string, ts.SourceFile>;

/**
 * What the package promises: every exported name with its declaration as users' compilers read it, and below them the
 * declarations that those mention. Without comments and private members, and without where a file lies.
 *
 * @param root the project, with its tsconfig.build.json
 * @throws with the compiler's messages when it cannot write declarations
 */
export function packageSurface(root = project): string {
  const files = declarationFiles(root);
  const exported = exportsOf(join(root, "dist/components/index.d.ts"), files);
  return `${section(exported)}\n// Not exported, and mentioned above.\n\n${section(mentionedBy(exported, files))}`;
}

/** The package's declarations as `npm run build` makes them, in memory. */
function declarationFiles(root: string): Files {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => assert.fail("tsconfig.build.json") };
  const options = { emitDeclarationOnly: true };
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.build.json"), options, host);
  assert.ok(config !== undefined);
  const files = new Map<string, ts.SourceFile>();
  const program = ts.createProgram(config.fileNames, config.options);
  const { diagnostics } = program.emit(undefined, (path, text) => {
    files.set(path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  });
  const paths = { ...ts.createCompilerHost(config.options), getCurrentDirectory: () => root };
  assert.ok(diagnostics.length === 0, `\n${ts.formatDiagnostics(diagnostics, paths)}`);
  return files;
}

function exportsOf(path: string, files: Files): Declared {
  const found = new Map<string, readonly ts.Statement[]>();
  for (const statement of fileAt(path, files).statements) {
    if (!ts.isExportDeclaration(statement)) {
      const isExported =
        ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      for (const name of isExported ? namesOf(statement) : []) {
        found.set(name, [...(found.get(name) ?? []), statement]);
      }
      continue;
    }
    const source = relativeFile(path, statement.moduleSpecifier, files) ?? path;
    const clause = statement.exportClause;
    if (clause === undefined) for (const [name, those] of exportsOf(source, files)) found.set(name, those);
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    for (const { name, propertyName } of clause.elements) {
      const those =
        source === path
          ? resolved(name.text, path, files)
          : exportsOf(source, files).get((propertyName ?? name).text);
      found.set(name.text, those ?? []);
    }
  }
  return found;
}

/** What the declarations mention of the package's own, over as many steps as it takes. */
function mentionedBy(exported: Declared, files: Files): Declared {
  const known = new Set([...exported.values()].flat());
  const found = new Map<string, readonly ts.Statement[]>();
  const queue = [...known];
  for (let statement = queue.pop(); statement !== undefined; statement = queue.pop()) {
    const path = statement.getSourceFile().fileName;
    const mentioned = [
      ...[...mentionedNames(statement)].map((name) => [name, resolved(name, path, files)] as const),
      ...inferredNames(statement, files),
    ];
    for (const [name, all = []] of mentioned) {
      const those = all.filter((one) => !known.has(one));
      if (those.length === 0) continue;
      found.set(name, [...(found.get(name) ?? []), ...those]);
      for (const one of those) known.add(one);
      queue.push(...those);
    }
  }
  return found;
}

function mentionedNames(statement: ts.Statement): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) names.add(node.typeName.text);
    if (ts.isTypeQueryNode(node) && ts.isIdentifier(node.exprName)) names.add(node.exprName.text);
    if (ts.isExpressionWithTypeArguments(node) && ts.isIdentifier(node.expression)) {
      names.add(node.expression.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return names;
}

/** Types that the compiler found by itself, which it writes as `import("./settings").EdgeSettings`. */
function inferredNames(statement: ts.Statement, files: Files) {
  const found: (readonly [string, readonly ts.Statement[] | undefined])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportTypeNode(node)) {
      const name = node.qualifier?.getText();
      assert.ok(name !== undefined, `${node.getText()}: give it a name, so that users see one`);
      const specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
      const from = statement.getSourceFile().fileName;
      const source =
        specifier !== undefined && ts.isStringLiteral(specifier)
          ? relativeFile(from, specifier, files)
          : undefined;
      if (source !== undefined) found.push([name, exportsOf(source, files).get(name)]);
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}

/** What a name means in a file: declared there, or imported from another one of the package. */
function resolved(name: string, path: string, files: Files): readonly ts.Statement[] | undefined {
  const { statements } = fileAt(path, files);
  const own = statements.filter((statement) => namesOf(statement).includes(name));
  if (own.length > 0) return own;
  for (const statement of statements.filter(ts.isImportDeclaration)) {
    const source = relativeFile(path, statement.moduleSpecifier, files);
    const bindings = statement.importClause?.namedBindings;
    if (source === undefined || bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const imported = bindings.elements.find((element) => element.name.text === name);
    if (imported === undefined) continue;
    const original = (imported.propertyName ?? imported.name).text;
    return exportsOf(source, files).get(original);
  }
  return undefined;
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const isNamed =
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

/** The file of the package that a specifier means; undefined for other packages. */
function relativeFile(from: string, specifier: ts.Expression | undefined, files: Files): string | undefined {
  if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith("."))
    return undefined;
  const target = join(dirname(from), specifier.text).replace(/\.js$/, "");
  return [`${target}.d.ts`, join(target, "index.d.ts")].find((path) => files.has(path));
}

function fileAt(path: string, files: Files): ts.SourceFile {
  const file = files.get(path);
  assert.ok(file !== undefined, `no declarations at ${path}`);
  return file;
}

function section(declared: Declared): string {
  const texts = [...declared]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, those]) => {
      assert.ok(those.length > 0, `${name} is exported and declared nowhere`);
      return those.map(declarationText).join("\n");
    });
  return `${texts.join("\n\n")}\n`;
}

const printer = ts.createPrinter({ removeComments: true });

function declarationText(statement: ts.Statement): string {
  const { transformed } = ts.transform(statement, [() => withoutPrivate, () => withoutPlaces]);
  const [node] = transformed;
  assert.ok(node !== undefined);
  const text = printer.printNode(ts.EmitHint.Unspecified, node, statement.getSourceFile());
  return text.replace(/^(?:export )?(?:declare )?/, "");
}

/** `EdgeSettings` for `import("./settings").EdgeSettings`. */
function withoutPlaces(statement: ts.Statement): ts.Statement {
  const visit = (node: ts.Node): ts.Node =>
    ts.isImportTypeNode(node) && node.qualifier !== undefined
      ? ts.factory.createTypeReferenceNode(
          node.qualifier,
          ts.visitNodes(node.typeArguments, visit, ts.isTypeNode),
        )
      : ts.visitEachChild(node, visit, undefined);
  return visit(statement) as ts.Statement;
}

function withoutPrivate(statement: ts.Statement): ts.Statement {
  if (!ts.isClassDeclaration(statement)) return statement;
  const members = statement.members.filter(
    (member) =>
      !ts.canHaveModifiers(member) ||
      !ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword),
  );
  const { modifiers, name, typeParameters, heritageClauses } = statement;
  return ts.factory.updateClassDeclaration(
    statement,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members,
  );
}
