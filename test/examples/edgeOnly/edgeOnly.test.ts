import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import packageJson from "../../../package.json";
import { type Example, installExample } from "./example";

describe("examples/edge-only, installed from npm pack", function () {
  this.timeout("5m");
  let example: Example;

  before(async () => {
    example = await installExample({
      "hcloud:token": "t".repeat(64),
      "edge-only:domain": "www.example.com",
      "edge-only:adminRanges[0]": "198.51.100.1/32",
    });
  });
  after(() => rm(example.folder, { recursive: true, force: true }));

  it("asks npm for the versions that the package is tested with", async () => {
    const manifest = JSON.parse(await readFile(join(example.folder, "package.json"), "utf8"));
    const { name, version, devDependencies } = packageJson;
    const pinned: Readonly<Record<string, string>> = { ...devDependencies, [name]: version };
    for (const [module, wanted] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      assert.equal(wanted, pinned[module], module);
    }
  });

  it("compiles against the declarations of the package", async () => {
    const compiler = join(example.folder, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await execa(process.execPath, [compiler, "--project", "."], {
      cwd: example.folder,
      reject: false,
    });
    assert.equal(stdout, "");
  });

  it("previews a pair before servers that it did not make", async () => {
    const preview = await example.pulumi("preview", "--diff");
    for (const name of ["shop-web1", "shop-web2", "shop-edge1", "shop-edge2"]) {
      assert.match(preview, new RegExp(`name +: "${name}"`), preview);
    }
    assert.match(preview, /\bhcloud:index\/floatingIp:FloatingIp\b/);
  });
});
