import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runningImages, writeImages } from "../../../scripts/promote/stackImages";
import { stackIn } from "../../support/programStack";

describe("what a stack runs, at the real engine", function () {
  this.timeout("3m");
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "promote-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("is known after an up that succeeded, and not before one, nor after one that failed", async () => {
    const stack = await stackIn(folder, { stackName: "qa" });
    await assert.rejects(runningImages(stack), new Error("qa has not run: pulumi up --stack qa"));
    const images = { "example/shop:2": "example/shop@sha256:aa" };
    stack.workspace.program = async () => ({ images });
    await stack.up();
    assert.deepEqual(await runningImages(stack), images);
    await stack.preview();
    assert.deepEqual(await runningImages(stack), images);
    stack.workspace.program = async () => {
      throw new Error("the next release does not start");
    };
    await assert.rejects(stack.up());
    await assert.rejects(
      runningImages(stack),
      /the last up of qa is failed, so what it runs is not what was tested/,
    );
  });
});

describe("writeImages", () => {
  it("changes the images in a stack's file and nothing else in it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "promote-"));
    const path = join(folder, "Pulumi.prod.yaml");
    const before = `# What production is.
config:
  shop:app:
    count: 2
    services:
      web:
        image: example/shop:1 # of last week
        environment: { MODE: "web", LONG: "${"long ".repeat(40)}" }
      api:
        image: example/api:1
        uses:   [ database,cache ]
  shop:adminRanges:
  - 192.0.2.10/32
`;
    await writeFile(path, before);
    const to = `example/shop:2@sha256:${"a".repeat(64)}`;
    writeImages("organization/shop/prod", "shop", [{ service: "web", from: "example/shop:1", to }], folder);
    assert.equal(await readFile(path, "utf8"), before.replace("example/shop:1 ", `${to} `));
    assert.deepEqual(await readdir(folder), ["Pulumi.prod.yaml"]);
    await rm(folder, { recursive: true });
  });
});
