import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { about, buildTime, estimateOf, noteDuration } from "../../../scripts/testRun/estimate";
import { chooseParts, parts } from "../../../scripts/testRun/parts";

describe("what a run of the tests will take", () => {
  let cache: string | undefined;
  let folder: string;
  before(async () => {
    cache = process.env.HETZNER_PLATFORM_CACHE;
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-estimate-"));
    process.env.HETZNER_PLATFORM_CACHE = folder;
  });
  after(async () => {
    if (cache === undefined) delete process.env.HETZNER_PLATFORM_CACHE;
    else process.env.HETZNER_PLATFORM_CACHE = cache;
    await rm(folder, { recursive: true });
  });

  it("is what it took last on this machine", async () => {
    assert.deepEqual(await estimateOf("unit"), { seconds: 220, basis: "on two cores" });
    await noteDuration("unit", 99);
    await noteDuration("host", 1);
    const { seconds, basis } = await estimateOf("unit");
    assert.equal(seconds, 99);
    assert.match(basis, /^as on \d{4}-\d\d-\d\d here$/);
  });

  it("names what an empty cache lacks, which takes most of the time", async () => {
    const { seconds, basis } = await estimateOf("build");
    assert.match(basis, /^missing: pulumi, .*pebble, .*the machines' Debian, container images$/);
    assert.ok(seconds > 6 * 60, `${seconds} s`);
  });

  it("is nothing for a build that finds everything", () => {
    assert.equal(buildTime([], [], 2), undefined);
    assert.deepEqual(buildTime(["traefik"], [], 2), { seconds: 30, basis: "missing: traefik" });
    assert.equal(buildTime(["traefik"], ["registry"], 2)?.seconds, 270);
  });

  for (const [seconds, told] of [
    [3, "seconds"],
    [15, "about 20 s"],
    [89, "about 90 s"],
    [170, "about 3 min"],
  ] as const) {
    it(`${seconds} s is told as ${told}`, () => assert.equal(about(seconds), told));
  }

  it("knows every part, and says which there are", () => {
    assert.deepEqual(
      chooseParts([]).map(([name]) => name),
      Object.keys(parts),
    );
    assert.throws(() => chooseParts(["unti"]), /no test part unti; there are check, build, /);
    assert.throws(() => chooseParts(["drills"]), /npm run drill -- --list/);
  });
});
