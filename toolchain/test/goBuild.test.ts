import assert from "node:assert/strict";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { fetchModules } from "../goBuild";
import { recipes, serviceVersions } from "../recipes";

describe("fetchModules", function () {
  this.timeout(5 * 60_000);
  const directory = join(__dirname, "..", "go", recipes.pebble.module);
  const { GOMODCACHE: previousCache, GOPROXY: previousProxy } = process.env;
  let cache: string;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "go-modules-"));
    process.env.GOMODCACHE = cache;
  });

  afterEach(async () => {
    // Go's module cache is read-only, also for its owner.
    await execa("go", ["clean", "-modcache"]);
    restore("GOMODCACHE", previousCache);
    restore("GOPROXY", previousProxy);
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

  it("ends when it is told to, without an error, while a server of modules lets it wait", async () => {
    const stop = new AbortController();
    const silent = createServer(() => stop.abort()).listen(0, "127.0.0.1");
    try {
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      process.env.GOPROXY = `http://127.0.0.1:${port}`;
      await fetchModules(directory, recipes.pebble.package, stop.signal);
      assert.ok(stop.signal.aborted, "it asked the server for modules");
      assert.ok(!(await present()));
    } finally {
      silent.close();
    }
  });

  it("leaves errors to the build", async () => {
    await fetchModules(directory, "./nothing-here", new AbortController().signal);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
