/**
 * What `import ... from "hetzner-platform"` offers, held against `records/package/`: every exported name with the
 * declaration that users' compilers read. A change that is meant changes the record in the same commit:
 *
 *   UPDATE_RECORDS=1 npx mocha test/program/*.test.ts
 */
import assert from "node:assert/strict";
import * as components from "../../components/index";
import { compareRecord } from "./support/records";
import { packageSurface } from "./support/surface";
import { unnamedTypeProject } from "./support/unnamedType";

describe("the package", function () {
  this.timeout(60_000);
  let surface: string;
  before(() => {
    surface = packageSurface();
  });

  it("offers the names and declarations that its record says", async () => {
    await compareRecord("package", new Map([["package.d.txt", surface]]));
  });

  it("tells of a type that users' compilers could not name in the compiler's own words", async () => {
    const { folder, remove } = await unnamedTypeProject();
    try {
      assert.throws(
        () => packageSurface(folder),
        /components\/index\.ts\(2,14\): error TS4023: Exported variable 'one' has or is using name 'Hidden'/,
      );
    } finally {
      await remove();
    }
  });

  it("has in its record whatever a program can import at run time, and the kinds of it", () => {
    const [exported = "", mentioned = ""] = surface.split("// Not exported, and mentioned above.");
    for (const [name, value] of Object.entries(components)) {
      const isClass = /^class /.test(
        Function.prototype.toString.call(typeof value === "function" ? value : assert),
      );
      const keyword = isClass ? "class" : typeof value === "function" ? "function" : "const";
      assert.match(exported, new RegExp(`^${keyword} ${name}\\b`, "m"));
      assert.doesNotMatch(mentioned, new RegExp(`^${keyword} ${name}\\b`, "m"));
    }
    assert.match(exported, /^interface PlatformSettings extends PlatformWide\b/m);
    assert.match(exported, /^ {4}readonly databaseUrl: pulumi\.Output<string>;$/m);
    assert.doesNotMatch(surface, /^ {4}private /m);
  });
});
