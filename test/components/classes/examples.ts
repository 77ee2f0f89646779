// The examples that stand in the comments of the classes that the package exports.
import { join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..", "..", "..");
export const packageEntry = join(root, "components", "index.ts");

/** A component class of the package. */
export interface ComponentClass {
  readonly name: string;
  /** First paragraph of its comment. */
  readonly summary: string;
  /** Programs of its `@example` tags, without the fences. */
  readonly examples: readonly string[];
}

/** All component classes that `components/index.ts` exports, by name. */
export function componentClasses(): ComponentClass[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram([packageEntry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(packageEntry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${packageEntry} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => isComponent(symbol, checker))
    .map((symbol) => ({
      name: symbol.name,
      summary: ts.displayPartsToString(symbol.getDocumentationComment(checker)).split("\n\n")[0] ?? "",
      examples: symbol
        .getJsDocTags(checker)
        .filter((tag) => tag.name === "example")
        .map((tag) => codeOf(symbol.name, ts.displayPartsToString(tag.text))),
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function isComponent(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (!(symbol.flags & ts.SymbolFlags.Class)) return false;
  return checker
    .getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType)
    .some((base) => base.symbol.name === "ComponentResource");
}

/** @throws when the tag holds anything but one program */
function codeOf(name: string, tag: string): string {
  const [, code] = /^```ts\n([\s\S]*\n)```$/.exec(tag.trim()) ?? [];
  if (code === undefined) throw new Error(`the @example of ${name} is not one block of \`\`\`ts`);
  return code;
}

/** What the compiler has against programs of users. @param files their paths */
export function compilerErrors(files: readonly string[]): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    noUnusedLocals: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules", "@types")],
    paths: { "hetzner-platform": [packageEntry], "@pulumi/*": [join(root, "node_modules", "@pulumi", "*")] },
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([...files], options))
    .map((one) => `${one.file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(one.messageText, "\n")}`);
}
