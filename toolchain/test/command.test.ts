import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";

describe("command provider", function () {
  this.timeout(30 * 60_000);

  it("passes its Go tests against a real SSH server", async () => {
    await ensureHostPackages(["openssh-server"]);
    const result = await execa("nice", ["-n", "5", "go", "test", "./..."], {
      cwd: join(__dirname, "..", "go", "command"),
      env: { CGO_ENABLED: "0", GOWORK: "off" },
      all: true,
      reject: false,
    });
    assert.equal(result.exitCode, 0, result.all);
  });
});
