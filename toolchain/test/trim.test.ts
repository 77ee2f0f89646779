import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recipes, type ToolName, toolNames } from "../recipes";
import { edited, endOfFile, type Trim, trimModules } from "../trim";

const trimmed = toolNames.filter((name) => recipes[name].trims !== undefined);
const moduleFolder = (name: ToolName) => join(__dirname, "..", "go", recipes[name].module);

describe("edited", () => {
  const text = "one\ntwo\nthree\n";
  const rows: [title: string, edit: Parameters<typeof edited>[1], result: string][] = [
    ["takes a piece out", { from: "two\n" }, "one\nthree\n"],
    ["puts another in its place", { from: "two", to: "2" }, "one\n2\nthree\n"],
    ["takes everything up to a text that stays", { from: "one", until: "three", to: "0\n" }, "0\nthree\n"],
    ["takes the rest of the file", { from: "two", until: endOfFile, to: "2\n" }, "one\n2\n"],
  ];
  for (const [title, edit, result] of rows) it(title, () => assert.equal(edited(text, edit, "x"), result));

  it("refuses a file that does not hold the piece, holds it twice, or not its end, with the file's name", () => {
    for (const edit of [{ from: "four" }, { from: "o" }, { from: "two", until: "one" }]) {
      assert.throws(() => edited(text, edit, "pkg/file.go"), /pkg\/file\.go does not hold/);
    }
  });
});

describe("what is left out of programs", function () {
  this.timeout(5 * 60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "toolchain-trim-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const name of trimmed.filter((tool) => !/-(random|docker)$/.test(tool))) {
    it(`was chosen for the published sources of ${name} that go.mod names`, async () => {
      const trims = recipes[name].trims ?? [];
      const modfile = await trimModules(moduleFolder(name), trims, folder);
      const text = await readFile(modfile ?? "", "utf8");
      for (const { module } of trims) assert.ok(text.includes(`\nreplace ${module} => ${folder}/`));
    });
  }

  const [first] = recipes.traefik.trims ?? [];
  const refused: [title: string, change: Partial<Trim>, error: RegExp][] = [
    [
      "another version",
      { version: "v4.32.0" },
      /lego\/v4 v4\.33\.0, but .* chosen for v4\.32\.0: look at its changes/,
    ],
    ["a file that is no longer there", { remove: ["providers/gone"] }, /lego\/v4 has no providers\/gone/],
    [
      "a text that is no longer there",
      { edits: { "lego/client.go": [{ from: "gone" }] } },
      /client\.go does not hold/,
    ],
  ];
  for (const [title, change, error] of refused) {
    it(`is refused for ${title}`, async () => {
      assert.ok(first);
      await assert.rejects(trimModules(moduleFolder("traefik"), [{ ...first, ...change }], folder), error);
    });
  }
});
