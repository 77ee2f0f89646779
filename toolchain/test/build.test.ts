import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensureTool } from "../build";
import { pulumiVersion, recipes, serviceVersions } from "../recipes";

const modules = join(__dirname, "..", "go");

describe("ensureTool", function () {
  this.timeout(30 * 60_000);
  let cache: string;
  const previous = process.env.HETZNER_PLATFORM_CACHE;

  before(async () => {
    cache = await mkdtemp(join(tmpdir(), "toolchain-cache-"));
    process.env.HETZNER_PLATFORM_CACHE = cache;
  });

  after(async () => {
    if (previous === undefined) delete process.env.HETZNER_PLATFORM_CACHE;
    else process.env.HETZNER_PLATFORM_CACHE = previous;
    await rm(cache, { recursive: true, force: true });
  });

  it("builds once, however many callers ask at the same time", async () => {
    const lines: string[] = [];
    const paths = await Promise.all([1, 2, 3].map(() => ensureTool("pebble", (line) => lines.push(line))));
    assert.equal(new Set(paths).size, 1);
    assert.equal(lines.filter((line) => /^pebble: built in \d+ s$/.test(line)).length, 1);
    const version = await execa(paths[0] ?? "", ["-version"]);
    assert.match(version.stdout, /^Pebble/);
  });

  it("finds the result at the second call, without a build", async () => {
    const lines: string[] = [];
    const began = process.cpuUsage();
    await ensureTool("pebble", (line) => lines.push(line));
    assert.deepEqual(lines, []);
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 1_000_000, `took ${(user + system) / 1_000} ms of a processor`);
  });

  it("leaves nothing but results and the lock behind", async () => {
    const entries = await readdir(join(cache, "toolchain"));
    assert.deepEqual(entries.map((entry) => entry.replace(/-[0-9a-f]{16}$/, "-KEY")).sort(), [
      "build.lock",
      "pebble-KEY",
    ]);
  });
});

describe("versions of the toolchain", () => {
  const requirements: [module: string, requirement: string][] = [
    [recipes.pulumi.module, `github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}`],
    [recipes.traefik.module, `github.com/traefik/traefik/v3 v${serviceVersions.traefik}`],
    [recipes.versitygw.module, `github.com/versity/versitygw v${serviceVersions.versitygw}`],
    [recipes.pebble.module, `github.com/letsencrypt/pebble/v2 v${serviceVersions.pebble}`],
    // MinIO's release tag and its module's pseudo-version are the same moment.
    [recipes.minio.module, `github.com/minio/minio v0.0.0-${serviceVersions.minio.replace(/\D/g, "")}-`],
  ];
  for (const [module, requirement] of requirements) {
    it(`${module}/go.mod requires ${requirement}`, async () => {
      const text = await readFile(join(modules, module, "go.mod"), "utf8");
      assert.ok(text.includes(requirement));
    });
  }
});
