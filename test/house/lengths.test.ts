import assert from "node:assert/strict";
import { basename } from "node:path";
import { longFiles, longFunctions } from "./support/exceptions";
import { assertOnly } from "./support/onlyThese";
import { allSources, type Source, sourceOf } from "./support/sources";

const [linesOfFile, linesOfIndex, linesOfFunction] = [250, 80, 40];

const limitOf = (path: string) => (basename(path) === "index.ts" ? linesOfIndex : linesOfFile);

/** How the exceptions call a file: a move leaves the name as it is. `edge/index.ts`, `traefik.ts`. */
const shortName = (path: string) =>
  path
    .split("/")
    .slice(basename(path) === "index.ts" ? -2 : -1)
    .join("/");

describe("lengths", () => {
  let sources: readonly Source[];
  before(async () => {
    sources = await allSources();
    assert.ok(sources.length > 500, `${sources.length} files`);
  });

  it(`no file has more than ${linesOfFile} lines, and no index.ts more than ${linesOfIndex}`, () => {
    const long = sources.filter(({ path, lines }) => lines > limitOf(path));
    assertOnly(
      longFiles,
      long.map(({ path, lines }) => ({
        name: shortName(path),
        told: `${path}: ${lines} lines, at most ${limitOf(path)}`,
      })),
    );
  });

  it(`no function has more than ${linesOfFunction} lines`, () => {
    const long = sources.flatMap(({ path, functions }) =>
      functions.filter(({ lines }) => lines > linesOfFunction).map((one) => ({ path, ...one })),
    );
    assertOnly(
      longFunctions,
      long.map(({ path, name, lines }) => ({
        name: `${shortName(path)} ${name}`,
        told: `${path}: ${name} has ${lines} lines, at most ${linesOfFunction}`,
      })),
    );
  });

  it("are those of functions and not of suites, which hold tests", () => {
    const body = "\n".repeat(50);
    const text = `function long() {${body}}\nconst arrow = () => {${body}};
describe("a suite", () => {${body}});
function tests(lab) {${body}it("does", () => {${body}});}`;
    const { functions } = sourceOf("a.ts", text, new Set());
    assert.deepEqual(functions, [
      { name: "long", lines: 51 },
      { name: "arrow", lines: 51 },
      { name: 'it("does")', lines: 51 },
    ]);
  });

  it("tell of what is new and of what keeps the rule again", () => {
    assertOnly(["a"], [{ name: "a", told: "a is long" }]);
    assert.throws(() => assertOnly([], [{ name: "a", told: "a is long" }]), /a is long/);
    assert.throws(() => assertOnly(["a"], []), /a: keeps the rule now/);
  });
});
