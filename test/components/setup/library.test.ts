import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { renderSetup } from "../../../components/setup/render";
import { emptySetup } from "../../../components/setup/types";

describe("a setup script that fails", () => {
  it("ends with the machine's name, the step, the exit status and where the log is, after its last lines", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const folder = await mkdtemp(join(tmpdir(), "failed-setup-"));
    try {
      // The same script with folders of its own: nothing of this machine is touched.
      const script = renderSetup("prod-app1", {
        ...emptySetup,
        steps: [{ name: "pull the image", unless: "false", run: "echo the registry says no; exit 3" }],
      })
        .replaceAll("/var/lib/platform", join(folder, "state"))
        .replaceAll("/var/log/platform-setup.log", join(folder, "log"))
        .replaceAll("/run/platform", join(folder, "run"))
        .replaceAll("/etc/platform", join(folder, "etc"));
      const file = join(folder, "script");
      await writeFile(file, script);
      const { exitCode, stderr } = await execa("bash", [file], { reject: false });
      assert.equal(exitCode, 3);
      const lines = stderr.trim().split("\n");
      assert.ok(lines.includes("the registry says no"), stderr);
      assert.equal(
        lines.at(-1),
        `setup of prod-app1 failed at "pull the image" (exit status 3); all of it is in ${join(folder, "log")}`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
