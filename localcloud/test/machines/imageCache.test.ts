import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markUsed, pruneImages, registerCloud } from "../../src/machines/imageCache";
import { localCloudSettings } from "../../src/settings/cloud";

describe("cache of base images", () => {
  const before = process.env.HETZNER_PLATFORM_CACHE;
  const [unused, ofMachine, current] = ["0000000000000001", "0000000000000002", "0000000000000003"] as const;
  const fourDays = 4 * 24 * 60 * 60_000;
  let folder: string;
  let removed: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "images-"));
    process.env.HETZNER_PLATFORM_CACHE = folder;
    removed = [];
    for (const name of [unused, ofMachine, current, "build.lock", "partial-abc"]) {
      await mkdir(join(folder, "image", name), { recursive: true });
    }
    const settings = localCloudSettings({ LOCALCLOUD_STATE: join(folder, "state") });
    await mkdir(join(settings.paths.machines, "12"), { recursive: true });
    const record = { id: 12, name: "off", image: "debian-13", lower: join(folder, "image", ofMachine) };
    await writeFile(join(settings.paths.machines, "12", "machine.json"), JSON.stringify(record));
    await registerCloud(settings);
  });

  afterEach(async () => {
    if (before === undefined) delete process.env.HETZNER_PLATFORM_CACHE;
    else process.env.HETZNER_PLATFORM_CACHE = before;
    await rm(folder, { recursive: true });
  });

  const prune = (now: number) => pruneImages((line) => removed.push(line), now);
  const images = async () => (await readdir(join(folder, "image"))).sort();

  it("keeps everything for three days", async () => {
    await prune(Date.now());
    assert.deepEqual(removed, []);
    assert.ok((await images()).includes(unused));
  });

  it("then removes what no machine has, says so, and touches nothing that is no image", async () => {
    await prune(Date.now() + fourDays);
    assert.deepEqual(await images(), [ofMachine, "build.lock", "clouds", "partial-abc"]);
    assert.deepEqual(removed.sort(), [
      `removing the base image ${unused}, which no machine uses`,
      `removing the base image ${current}, which no machine uses`,
    ]);
  });

  it("counts from the last time that an image was asked for", async () => {
    await markUsed(join(folder, "image", current));
    await prune(Date.now() + fourDays / 2);
    assert.ok((await images()).includes(current));
  });

  it("lets the image of a machine go when its cloud is gone", async () => {
    await rm(join(folder, "state"), { recursive: true });
    await prune(Date.now() + fourDays);
    assert.deepEqual(await images(), ["build.lock", "clouds", "partial-abc"]);
  });
});
