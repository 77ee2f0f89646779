import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "../../src/api";
import { adoptImages, keepImages } from "../../src/machines/keptImages";
import { localCloudSettings } from "../../src/settings/cloud";
import type { Image } from "../../src/state/rows";

describe("images that npm run bake has made", () => {
  let folder: string;
  let store: Store;
  const kept = () => join(folder, "kept");
  const cloud = () =>
    localCloudSettings({ LOCALCLOUD_NAME: "keep", LOCALCLOUD_STATE: join(folder, "state") });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kept-images-"));
    store = openStore(join(folder, "store"));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  /** A snapshot with its files. */
  function snapshot(id: number, more: Partial<Image> = {}, lower = "/base"): Image {
    const files = join(cloud().paths.snapshots, String(id));
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, "disk.img"), `disk of ${id}`);
    writeFileSync(join(files, "lower"), lower);
    const labels = { "managed-by": "bake", role: "app" };
    return { id, type: "snapshot", status: "available", labels, description: "", ...more } as Image;
  }

  it("outlive the cloud that they were made in, with numbers of the next one", async () => {
    await keepImages(cloud(), [snapshot(10_000_007)], kept());
    assert.deepEqual(readdirSync(cloud().paths.snapshots), []);
    await adoptImages(cloud(), store, "/base", kept());
    const [image] = store.list("image");
    assert.deepEqual(image?.labels, { "managed-by": "bake", role: "app" });
    assert.equal(image?.id, 10_000_001);
    const disk = join(cloud().paths.snapshots, String(image.id), "disk.img");
    assert.equal(readFileSync(disk, "utf8"), "disk of 10000007");
    await adoptImages(cloud(), store, "/base", kept());
    assert.equal(store.list("image").length, 1);
  });

  it("are gone when machines have another base image by then", async () => {
    await keepImages(cloud(), [snapshot(10_000_007)], kept());
    await adoptImages(cloud(), store, "/newer-base", kept());
    assert.deepEqual(store.list("image"), []);
    assert.throws(() => readdirSync(kept()), /ENOENT/);
  });

  it("are the only ones that stay: snapshots of tests and backups go with the cloud", async () => {
    const others = [
      snapshot(1, { labels: {} }),
      snapshot(2, { type: "backup" }),
      snapshot(3, { status: "creating" }),
    ];
    await keepImages(cloud(), others, kept());
    await adoptImages(cloud(), store, "/base", kept());
    assert.deepEqual(store.list("image"), []);
  });
});
