import { glob } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ensureHostPackages } from "../../src/linux/hostPackages";

const folder = join(__dirname, "..", "..", "src", "images", "containerfiles");

describe("entry points of images", function () {
  this.timeout(120_000);
  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    await ensureHostPackages(["shellcheck"]);
  });

  it("pass shellcheck", async () => {
    const scripts: string[] = [];
    for await (const path of glob("*/*.sh", { cwd: folder })) scripts.push(path);
    // 1091: one script is in the server's own distribution.
    await execa("shellcheck", ["--exclude=SC1091", ...scripts.sort()], { cwd: folder });
  });
});
