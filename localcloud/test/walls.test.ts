import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import ts from "typescript";

const workspace = join(__dirname, "..");

/** What every package of the repository may use: they know nothing of either product. */
const sharedTools = ["cacheDir", "lock", "build", "retention", "signals"].map((name) => `toolchain/${name}`);

interface Import {
  /** From the root of the repository. */
  readonly file: string;
  /** Likewise, without its ending. */
  readonly target: string;
}

function importsOf(file: string, text: string): Import[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => {
      const target = join(dirname(file), fileName).replace(/\.(js|ts)$/, "");
      return { file, target };
    });
}

async function importsIn(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const path of glob(`${folder}/**/*.ts`, { cwd: workspace })) {
    const text = await readFile(join(workspace, path), "utf8");
    found.push(...importsOf(join("localcloud", path), text));
  }
  return found;
}

/** A way from a node back to itself, or undefined. */
function circleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function graphOf(pairs: readonly (readonly [string, string])[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  return edges;
}

// That rooms do not import one another in a circle holds for the whole repository: test/house/imports.test.ts.
describe("files of the local cloud", () => {
  it("import one another in one direction", async () => {
    const imports = (await importsIn("src")).filter(({ target }) => target.startsWith("localcloud/src/"));
    const files = new Set(imports.map(({ file }) => file.replace(/\.ts$/, "")));
    const nodeOf = (target: string) => (files.has(target) ? target : `${target}/index`);
    const edges = graphOf(imports.map(({ file, target }) => [file.replace(/\.ts$/, ""), nodeOf(target)]));
    assert.ok(imports.length > 800, `${imports.length} imports`);
    assert.equal(circleIn(edges)?.join(" -> "), undefined);
  });

  it("take nothing from outside but shared tools, and neither do their tests", async () => {
    const imports = await Promise.all(["src", "test", "bench", "scripts"].map(importsIn));
    const outside = imports.flat().filter(({ target }) => !target.startsWith("localcloud/"));
    assert.ok(outside.length > 10, `${outside.length} imports`);
    assert.deepEqual(
      outside.filter(({ target }) => !sharedTools.includes(target)),
      [],
    );
  });

  it("would be seen in a circle", () => {
    const circle = circleIn(
      graphOf([
        ["a", "b"],
        ["b", "c"],
        ["c", "b"],
      ]),
    );
    assert.deepEqual(circle, ["b", "c", "b"]);
  });
});
