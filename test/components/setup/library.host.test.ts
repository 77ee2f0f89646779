import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { packageLibrary } from "../../../components/setup/packages";
import { renderSetup } from "../../../components/setup/render";
import { until } from "../roles/edge/support/until";

describe("a setup script that fails", () => {
  let folder: string;
  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    folder = await mkdtemp(join(tmpdir(), "failed-setup-"));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** The real script with folders of its own: nothing of this machine is touched. */
  const run = async (command: string, change = (script: string) => script) => {
    const script = renderSetup("prod-app1", {
      steps: [{ name: "pull the image", unless: "false", run: command }],
    })
      .replaceAll("/var/lib/platform", join(folder, "state"))
      .replaceAll("/var/log/platform-setup.log", join(folder, "log"))
      .replaceAll("/run/platform", join(folder, "run"))
      .replaceAll("/etc/platform", join(folder, "etc"))
      .replaceAll("/usr/sbin/policy-rc.d", join(folder, "policy-rc.d"));
    const file = join(folder, "script");
    await writeFile(file, change(script));
    return execa("bash", [file], { reject: false });
  };

  it("ends with the machine's name, the step, the exit status and where the log is, after its last lines", async () => {
    const { exitCode, stderr } = await run("echo the registry says no; exit 3");
    assert.equal(exitCode, 3);
    const lines = stderr.trim().split("\n");
    assert.ok(lines.includes("the registry says no"), stderr);
    assert.equal(
      lines.at(-1),
      `setup of prod-app1 failed at "pull the image" (exit status 3); all of it is in ${join(folder, "log")}`,
    );
  });

  it("shows its own last lines once, and none of the set-up before it", async () => {
    await run("echo the registry says no; exit 3");
    const { stderr } = await run("echo the registry says no; exit 3");
    assert.equal(stderr.split("the registry says no").length - 1, 1, stderr);
    assert.equal(stderr.split("=== setup of prod-app1").length - 1, 1, stderr);
    assert.equal(stderr.split("setup of prod-app1 failed").length - 1, 1, stderr);
  });

  it("says that another set-up runs, and nothing of what that one prints or has laid down for dpkg", async () => {
    const policy = join(folder, "policy-rc.d");
    await writeFile(policy, "of the set-up that runs");
    const impatient = (script: string) => script.replace("flock -w 900", "flock -w 0");
    const holding = ["--no-fork", join(folder, "run-setup.lock"), "sleep", "60"];
    const holder = execa("flock", holding, { reject: false, stdio: "ignore" });
    try {
      while (
        (await execa("flock", ["-n", join(folder, "run-setup.lock"), "true"], { reject: false })).exitCode ===
        0
      );
      const { exitCode, stderr } = await run("true", impatient);
      assert.equal(exitCode, 75);
      assert.match(
        stderr,
        /^another setup has held the lock for 900 seconds\nsetup of prod-app1 failed at "start"/,
      );
      assert.equal(await readFile(policy, "utf8"), "of the set-up that runs");
    } finally {
      holder.kill();
      await holder;
    }
  });
});

describe("a set-up that is killed while it installs packages", () => {
  it("leaves nothing behind that keeps services of later packages from starting", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = await mkdtemp(join(tmpdir(), "killed-setup-"));
    const policy = join(folder, "policy-rc.d");
    const library = packageLibrary
      .replaceAll("/usr/sbin/policy-rc.d", policy)
      .replaceAll("/run/platform", join(folder, "run"));
    await writeFile(join(folder, "dpkg"), "#!/bin/sh\n", { mode: 0o755 });
    await writeFile(
      join(folder, "script"),
      `state=${folder}
PATH=${folder}:$PATH
${library}
lock_holder() { return 1; }
packages_do sh -c 'while [ ! -e ${folder}/end ]; do sleep 0.05; done'
`,
    );
    const setup = execa("bash", [join(folder, "script")], { reject: false, stdio: "ignore" });
    const allows = async () => (await execa(policy, [], { reject: false })).exitCode === 0;
    try {
      await until(async () => (await execa(policy, [], { reject: false })).exitCode === 101);
      setup.kill("SIGKILL");
      await setup;
      assert.equal(await allows(), false, "what it had started still works");
    } finally {
      await writeFile(join(folder, "end"), "");
    }
    await until(allows);
    await rm(folder, { recursive: true });
  });
});
