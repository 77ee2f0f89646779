import { access } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

const folder = join(__dirname, "..", "..", "..", "examples", "app");

describe("sample application's sources", function () {
  this.timeout(180_000);

  // Its dependencies are its own, so the check of the whole project leaves it out.
  it("type-check against the locked dependencies", async () => {
    const installed = await access(join(folder, "node_modules", ".package-lock.json")).then(
      () => true,
      () => false,
    );
    if (!installed) {
      await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    }
    await execa("npm", ["run", "check"], { cwd: folder });
  });
});
