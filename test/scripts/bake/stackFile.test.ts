import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { withBakedImages } from "../../../scripts/bake/stackFile";
import { projectRoot } from "../../../scripts/localStack";

const images = { edge: 11, app: 12 };

describe("baked images in a stack's file", () => {
  for (const name of ["prod", "qa", "local"]) {
    it(`are one more entry of Pulumi.${name}.yaml, and every other byte stays`, async () => {
      const text = await readFile(join(projectRoot, `Pulumi.${name}.yaml`), "utf8");
      const written = withBakedImages(text, images);
      const entry = "  hetzner-platform:bakedImages:\n    edge: 11\n    app: 12\n";
      assert.equal(written.replace(entry, ""), text);
      assert.deepEqual(parse(written).config["hetzner-platform:bakedImages"], images);
      assert.equal(withBakedImages(written, images), written, "a second time");
    });
  }

  it("take the place of those before, wherever they stand", () => {
    const text =
      "# mine\nconfig:\n  a:b: 1 # one\n  hetzner-platform:bakedImages:\n    app: 7\n    web: 8\n  c:d: {e: f}\n";
    assert.equal(
      withBakedImages(text, images),
      "# mine\nconfig:\n  a:b: 1 # one\n  hetzner-platform:bakedImages:\n    edge: 11\n    app: 12\n  c:d: {e: f}\n",
    );
  });

  it("are written into a file that ends without a newline", () => {
    const written = withBakedImages("config:\n  a:b: 1", images);
    assert.deepEqual(parse(written).config, { "a:b": 1, "hetzner-platform:bakedImages": images });
  });

  it("fail when the file has no configuration", () => {
    assert.throws(() => withBakedImages("encryptionsalt: v1\n", images), /no config:/);
  });
});
