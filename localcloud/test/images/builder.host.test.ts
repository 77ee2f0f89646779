import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../../../toolchain/cacheDir";
import { withLock } from "../../../toolchain/lock";
import { createBuilder } from "../../src/images/builder";
import { ensureImages, imageReferences } from "../../src/images/ensureImages";
import { type RunningRegistry, startRegistry } from "../../src/images/registry";
import { defaultStorage, storedDigest } from "../../src/images/storage";
import { mountPoints } from "../../src/linux/mounts";

describe("image builder", function () {
  this.timeout(600_000);
  let folder: string;
  let hub: RunningRegistry;
  let registry: RunningRegistry;
  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    await ensureImages(() => {}, { images: ["debian"] });
    folder = await mkdtemp(join(tmpdir(), "builder-"));
    // The registry that is full plays Docker Hub for an empty one.
    hub = await startRegistry(defaultStorage());
    registry = await startRegistry(join(folder, "storage"));
  });
  after(async () => {
    await hub?.stop();
    await registry?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** Working containers; the engine binds its own folder `overlay` to itself besides. */
  const mountedBelowImages = async () =>
    (await mountPoints()).filter((path) => path.startsWith(cacheDir("images")) && path.endsWith("/merged"));

  const locked = <T>(work: () => Promise<T>) => withLock(cacheDir("images", "build.lock"), work, () => {});

  it("copies an image from the hub and keeps its digest", async () => {
    const digest = await locked(async () => {
      const builder = await createBuilder(registry.host, { host: hub.host, tls: false });
      return builder.pull(imageReferences.debian);
    });
    assert.equal(digest, await storedDigest(defaultStorage(), imageReferences.debian));
    assert.equal(digest, await storedDigest(join(folder, "storage"), imageReferences.debian));
  });

  it("fails when the hub does not have the tag, and names the image", async () => {
    const copy = locked(async () => {
      const builder = await createBuilder(registry.host, { host: hub.host, tls: false });
      return builder.pull("library/debian:no-such-tag");
    });
    await assert.rejects(copy, /skopeo .*failed with status 1[\s\S]*no-such-tag/);
  });

  it("fails with the last lines of a container file that does not build", async () => {
    const containerfile = join(folder, "Containerfile");
    await writeFile(containerfile, "FROM debian:trixie-slim\nRUN echo before && exit 7\n");
    const steps: string[] = [];
    const build = locked(async () => {
      const builder = await createBuilder(registry.host);
      const request = { reference: "test/broken:1", context: folder, containerfile };
      return builder.build(request, (line) => steps.push(line));
    });
    await assert.rejects(build, /buildah .*failed with status[\s\S]*before[\s\S]*exit status 7/);
    assert.ok(steps.some((line) => line.includes("STEP 2/2")));
    assert.equal(await storedDigest(join(folder, "storage"), "test/broken:1"), undefined);
    assert.deepEqual(await mountedBelowImages(), []);
  });

  it("removes the mounted container that a killed build left", async () => {
    await locked(async () => {
      await createBuilder(registry.host);
      const env = { CONTAINERS_STORAGE_CONF: cacheDir("images", "storage.conf") };
      const { stdout: container } = await execa("buildah", ["from", "scratch"], { env });
      await execa("buildah", ["mount", container], { env });
      assert.equal((await mountedBelowImages()).length, 1);
      await createBuilder(registry.host);
      assert.deepEqual(await mountedBelowImages(), []);
    });
  });
});
