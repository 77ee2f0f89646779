import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cachedBundle } from "../src/daemon/bundle";

const workspace = join(__dirname, "..");

describe("the npm package of the local cloud", function () {
  this.timeout("2m");
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localcloud-package-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("is one program that needs nothing beside it", async () => {
    // Away from every node_modules: what is not in the file would be missed here.
    await cp(await cachedBundle(), folder, { recursive: true });
    const help = await execa(process.execPath, [join(folder, "cli.cjs"), "--help"], { cwd: folder });
    for (const command of ["up", "down", "status", "ssh", "exec", "logs", "fault"]) {
      assert.match(help.stdout, new RegExp(`^  ${command}\\b`, "m"));
    }
    assert.match(help.stdout, /^Usage: localcloud /m);
  });

  it("holds that program, its page, its texts and nothing else, and names the program", async () => {
    const packed = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: workspace });
    const answer = JSON.parse(packed.stdout) as unknown;
    // A list until npm 11, afterwards by name.
    const [{ files }] = (Array.isArray(answer) ? answer : Object.values(answer as object)) as [
      { files: { path: string }[] },
    ];
    const paths = files.map(({ path }) => path);
    const others = paths.filter((path) => !/^dist\/(page\/|(cli|daemon)\.(main\.)?cjs)/.test(path));
    assert.deepEqual(others.sort(), ["CHANGELOG.md", "LICENSE", "README.md", "docs/code.md", "package.json"]);
    const { bin } = JSON.parse(await readFile(join(workspace, "package.json"), "utf8")) as { bin: unknown };
    assert.deepEqual(bin, { localcloud: "dist/cli.cjs" });
    assert.ok(paths.includes("dist/cli.cjs") && paths.includes("dist/page/index.html"), paths.join("\n"));
  });
});
