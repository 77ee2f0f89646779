import assert from "node:assert/strict";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../scripts/localStack";

describe("npm run in a fresh clone", () => {
  let folder: string;
  let clone: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "platform-run-"));
    clone = join(folder, "clone");
    for (const name of ["clone/scripts", "bin", "elsewhere/precious"])
      await mkdir(join(folder, name), { recursive: true });
    await cp(join(projectRoot, "scripts/run.mjs"), join(clone, "scripts/run.mjs"));
    await writeFile(join(clone, "package-lock.json"), "{}\n");
    // As npm does: what was there before goes.
    const npm = "#!/bin/sh\nrm -rf node_modules/* && mkdir -p node_modules && touch node_modules/installed\n";
    await writeFile(join(folder, "bin/npm"), npm);
    await chmod(join(folder, "bin/npm"), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = () =>
    execa(process.execPath, [join(clone, "scripts/run.mjs"), "scripts/none.ts"], {
      env: { PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` },
      reject: false,
    });

  it("installs what package-lock.json says", async () => {
    await run();
    assert.ok((await readdir(join(clone, "node_modules"))).includes("installed"));
  });

  it("does not install through a link: what is behind it belongs to somebody else", async () => {
    await symlink(join(folder, "elsewhere"), join(clone, "node_modules"));
    const { exitCode, stderr } = await run();
    assert.deepEqual(await readdir(join(folder, "elsewhere")), ["precious"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /node_modules is a link, .* run npm ci where it leads/);
  });

  it("is content with a link to what package-lock.json says", async () => {
    await symlink(join(folder, "elsewhere"), join(clone, "node_modules"));
    const { stdout } = await execa("sha256sum", [join(clone, "package-lock.json")]);
    await writeFile(join(folder, "elsewhere/.locked"), stdout.split(" ")[0] ?? "");
    assert.doesNotMatch((await run()).stderr, /is a link/);
  });
});
