import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string } & Manifest>>;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const folder = join(__dirname, "..");
const read = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8")) as unknown;

describe("sample application's dependencies", () => {
  const image = read("package-lock.json") as Lock;
  const workspace = read("..", "..", "package-lock.json") as Lock;
  const { dependencies = {}, devDependencies = {} } = read("package.json") as Manifest;

  // Its container image is built from its own lock file, and its types are checked against the workspace's.
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    it(`${name} is the same in its image and in the workspace`, () => {
      const path = `node_modules/${name}`;
      const here = workspace.packages[`examples/app/${path}`] ?? workspace.packages[path];
      assert.equal(image.packages[path]?.version, version, "package-lock.json of the image");
      assert.equal(here?.version, version, "package-lock.json of the workspace");
    });
  }

  it("its own lock file is of its package.json", () => {
    const { dependencies: locked, devDependencies: lockedForBuild } = image.packages[""] ?? {};
    assert.deepEqual({ locked, lockedForBuild }, { locked: dependencies, lockedForBuild: devDependencies });
  });
});
