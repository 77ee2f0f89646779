import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { endOrphanedPlugins } from "../../scripts/orphanedPlugins";
import { eventually } from "../support/eventually";

/** A zombie that nobody has reaped yet does nothing any more. */
async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

describe("endOrphanedPlugins", () => {
  it("ends a provider whose engine is gone and leaves one that has an engine", async function () {
    if (process.platform !== "linux") this.skip();
    const home = await mkdtemp(join(tmpdir(), "pulumi-home-"));
    const plugin = join(home, "plugins", "resource-x-v1.0.0", "pulumi-resource-x");
    await mkdir(join(plugin, ".."), { recursive: true });
    await copyFile("/bin/sleep", plugin);
    const kept = spawn(plugin, ["60"], { stdio: "ignore" });
    try {
      const orphan = Number((await execa("sh", ["-c", `"${plugin}" 60 >/dev/null 2>&1 & echo $!`])).stdout);
      assert.ok(await alive(orphan));
      assert.equal(await endOrphanedPlugins(home), 1);
      assert.equal(await alive(kept.pid ?? 0), true);
      await eventually(async () => !(await alive(orphan)), "the orphan has ended");
    } finally {
      kept.kill("SIGKILL");
      await rm(home, { recursive: true });
    }
  });
});
