import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const root = join(__dirname, "..", "..");

describe("how Pulumi starts the program", () => {
  let folder: string;
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  const start = (file = "index.ts") =>
    execa(process.execPath, ["--require", "./scripts/programStart.cjs", "-e", `require("./${file}")`], {
      cwd: folder,
      reject: false,
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "platform-start-"));
    for (const part of ["components", "scripts", "node_modules"]) await mkdir(join(folder, part));
    await cp(join(root, "scripts", "programStart.cjs"), join(folder, "scripts", "programStart.cjs"));
    await symlink(join(root, "node_modules", "esbuild"), join(folder, "node_modules", "esbuild"));
    await write(
      "index.ts",
      `import { Color, here } from "./components/color";\nconsole.log(Color.Red, here);\n`,
    );
    await write(
      "components/color.ts",
      `export enum Color { Red = "red" }\nexport const here: string = __dirname;\n`,
    );
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("runs TypeScript that Node alone cannot, each file in its own folder", async () => {
    assert.equal((await start()).stdout, `red ${join(folder, "components")}`);
  });

  it("keeps what it compiled, and forgets it when a source changes", async () => {
    await start();
    assert.deepEqual(await readdir(join(folder, "node_modules", ".cache", "hetzner-platform")), [
      "program.json",
      "v8",
    ]);
    await rm(join(folder, "node_modules", "esbuild"));
    assert.equal((await start()).exitCode, 0, "nothing has changed, and it compiled again");
    await symlink(join(root, "node_modules", "esbuild"), join(folder, "node_modules", "esbuild"));
    await write("components/color.ts", `export enum Color { Red = "crimson" }\nexport const here = "";\n`);
    assert.equal((await start()).stdout.trim(), "crimson");
  });

  it("compiles again when what it kept was cut off", async () => {
    await start();
    await write("node_modules/.cache/hetzner-platform/program.json", '{"key":');
    assert.match((await start()).stdout, /^red /);
  });

  it("names file and line of a mistake", async () => {
    await write("components/color.ts", "export const here = ;\n");
    const { exitCode, stderr } = await start();
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /components\/color\.ts:1:20/);
  });

  it("names file and line of an error that is thrown", async () => {
    await write("components/color.ts", `interface Gone {\n  a: 1;\n}\n\nthrow new Error("no color");\n`);
    const source = (await execa(
      process.execPath,
      ["--enable-source-maps", "--require", "./scripts/programStart.cjs", "-e", `require("./index.ts")`],
      { cwd: folder, reject: false },
    )) as { stderr: string };
    assert.match(source.stderr, /components\/color\.ts:5:7/);
  });

  it("writes the stack of each resource in lines of the sources, and looks each frame up once", async () => {
    await write(
      "components/color.ts",
      `interface Gone {\n  a: 1;\n}\n\nfunction color(): string {\n  return String(new Error("red").stack);\n}\nexport const make = () => color();\n`,
    );
    await write(
      "index.ts",
      `import { make } from "./components/color";\nconst all = [1, 2, 3].map(() => make());\nconsole.log(JSON.stringify(all));\n`,
    );
    // What Pulumi loads before the program.
    const { stdout } = await execa(
      process.execPath,
      [
        ...["--require", "./scripts/programStart.cjs", "-e"],
        `let asked = 0; Error.prepareStackTrace = () => { asked++; return "slow"; };
         const { SourceMap } = require("node:module"); const find = SourceMap.prototype.findEntry;
         let found = 0; SourceMap.prototype.findEntry = function (...place) { found++; return find.apply(this, place); };
         require("./index.ts"); console.log(asked, found);`,
      ],
      { cwd: folder },
    );
    const [stacks = "[]", counts = ""] = stdout.split("\n");
    const [first, ...others] = JSON.parse(stacks) as string[];
    assert.deepEqual(others, [first, first]);
    const lines = (first ?? "").split("\n").slice(0, 5);
    assert.equal(lines[0], "Error: red");
    assert.match(lines[1] ?? "", /^ {4}at .*\(.*components\/color\.ts:6:17\)$/);
    assert.match(lines[2] ?? "", /^ {4}at make \(.*components\/color\.ts:8:27\)$/);
    assert.match(lines[3] ?? "", /^ {4}at .*index\.ts:2:33\)?$/);
    const [asked, found] = counts.split(" ").map(Number);
    assert.equal(asked, 0, "Pulumi's own was asked");
    assert.ok((found ?? 99) <= 5, `${found} look-ups for the frames of one place`);
  });

  it("refuses a file that is no part of the program", async () => {
    await mkdir(join(folder, "other"));
    await write("other/thing.ts", "export {};\n");
    assert.match((await start("other/thing.ts")).stderr, /thing\.ts is no part of the program/);
  });
});
