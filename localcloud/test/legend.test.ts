import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

const workspace = join(__dirname, "..");

/** `HC-K1` to `HC-K3` as three. */
function idsIn(text: string): string[] {
  const ranges = [...text.matchAll(/\b(HC-[A-Z]+)(\d+) to (?:HC-[A-Z]+)(\d+)/g)].flatMap(
    ([, series = "", from, to]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => `${series}${Number(from) + n}`),
  );
  return [...(text.match(/\bHC-[A-Z]+\d+/g) ?? []), ...ranges];
}

async function idsOf(...patterns: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const path of glob([...patterns], { cwd: workspace })) {
    // This file names some that stand for any.
    if (path.endsWith("legend.test.ts")) continue;
    for (const id of idsIn(await readFile(join(workspace, path), "utf8"))) found.add(id);
  }
  return found;
}

const missingIn = (wanted: ReadonlySet<string>, there: ReadonlySet<string>) =>
  [...wanted].filter((id) => !there.has(id)).sort();

describe("the legend of HC- numbers", () => {
  it("has every number that a source or a test names, and no other", async () => {
    const legend = await readFile(join(workspace, "docs", "code.md"), "utf8");
    const rows = [...legend.matchAll(/^\| (HC-[A-Z]+\d+) \| (.+) \| (.+) \|$/gm)];
    const told = new Set(rows.map(([, id = ""]) => id));
    assert.equal(told.size, rows.length, "each once");
    const used = await idsOf("{src,test,bench}/**/*.{ts,js}");
    assert.ok(used.size > 80, `${used.size} numbers`);
    assert.deepEqual(
      { unexplained: missingIn(used, told), unused: missingIn(told, used) },
      { unexplained: [], unused: [] },
    );
  });

  it("is read with ranges", () => {
    assert.deepEqual(idsIn("HC-L1 to HC-L3"), ["HC-L1", "HC-L3", "HC-L1", "HC-L2", "HC-L3"]);
  });
});

describe("the way from a request to a machine", () => {
  it("names files that are there", async () => {
    const text = await readFile(join(workspace, "docs", "code.md"), "utf8");
    const named = [...text.matchAll(/`([a-zA-Z]+\/[a-zA-Z/]+\.ts)(?:: ([a-zA-Z]+))?`/g)];
    assert.ok(named.length > 30, `${named.length} files`);
    for (const [, path = "", symbol] of named) {
      const home = path.startsWith("test/")
        ? path.startsWith("test/house/")
          ? join(workspace, "..")
          : workspace
        : join(workspace, "src");
      const source = await readFile(join(home, path), "utf8");
      if (symbol !== undefined) assert.ok(source.includes(symbol), `${path} has no ${symbol}`);
    }
  });
});
