import assert from "node:assert/strict";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { fetchModules } from "../../toolchain/goBuild";
import { recipes, serviceVersions } from "../../toolchain/recipes";

describe("fetchModules", function () {
  this.timeout(5 * 60_000);
  const directory = join(__dirname, "..", "..", "toolchain", "go", recipes.pebble.module);
  const previous = process.env.GOMODCACHE;
  let cache: string;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "go-modules-"));
    process.env.GOMODCACHE = cache;
  });

  afterEach(async () => {
    // Go's module cache is read-only, also for its owner.
    await execa("go", ["clean", "-modcache"]);
    if (previous === undefined) delete process.env.GOMODCACHE;
    else process.env.GOMODCACHE = previous;
    await rm(cache, { recursive: true, force: true });
  });

  const present = () =>
    access(join(cache, `github.com/letsencrypt/pebble/v2@v${serviceVersions.pebble}`)).then(
      () => true,
      () => false,
    );

  it("brings what a program is built from, before it is built", async () => {
    await fetchModules(directory, recipes.pebble.package, new AbortController().signal);
    assert.ok(await present());
  });

  it("ends at once when it is told to, without an error", async () => {
    await fetchModules(directory, recipes.pebble.package, AbortSignal.timeout(50));
    assert.ok(!(await present()));
  });

  it("leaves errors to the build", async () => {
    await fetchModules(directory, "./nothing-here", new AbortController().signal);
  });
});
