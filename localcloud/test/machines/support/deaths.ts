import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { setTimeout } from "node:timers/promises";
import { readStatus } from "../../../src/control/socket";
import { daemonProgram } from "../../../src/daemon/daemonProgram";
import { findInit } from "../../../src/machines/boot";
import type { LocalCloudSettings } from "../../../src/settings/cloud";
import { eventually, mustRun, ownLab } from "../lab";
import type { RunningCloud } from "../runningCloud";

/** Tests of what outlives a daemon, or another process of the cloud, that is killed. */
export function deathsOfTheDaemon({ api, command, settings, status }: RunningCloud): void {
  it("survives the death of its daemon: machines go on and are found again", async () => {
    const before = await status();
    const id = before.servers[0]?.id ?? 0;
    const init = await findInit(settings, id);
    process.kill(before.pid, "SIGKILL");
    await eventually("the daemon is gone", async () => (await readStatus(settings)) === undefined);
    assert.equal(await mustRun(settings, id, "hostname"), "web1");

    assert.equal((await command("up")).exitCode, 0);
    const after = await status();
    assert.notEqual(after.pid, before.pid);
    assert.deepEqual(after.servers, before.servers);
    assert.equal(await findInit(settings, id), init, "the same machine, not a new one");
    assert.equal(
      await mustRun(settings, id, "curl -sf http://169.254.169.254/hetzner/v1/metadata/hostname"),
      "web1",
    );
    const names = after.services.map(({ name }) => name).sort();
    assert.deepEqual(names, ["acme", "dhcp-pub", "name-server", "package-cache", "registry", "resolver"]);
    const processes = after.services.map(({ pid }) => pid);
    assert.ok(
      before.services.every(({ pid }) => !processes.includes(pid)),
      "helpers were replaced, not doubled",
    );
    assert.match(await mustRun(settings, id, "getent hosts www.example.test"), /^192\.0\.2\.80 /);
  });

  it("knows its helpers when it is killed while it starts", async () => {
    process.kill((await status()).pid, "SIGKILL");
    const { command: program, args, env } = await daemonProgram();
    for (const age of [150, 250, 350, 450, 550, 650, 750, 850]) {
      const all = { ...process.env, ...env, ...ownLab("cmd", 1) };
      const child = spawn(program, args, { cwd: "/", env: all, stdio: "ignore" });
      await setTimeout(age);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const { size } = await stat(settings.paths.daemonLog);
    assert.equal((await command("up")).exitCode, 0);
    await eventually("the helpers", async () => (await status()).services.length === 6);
    // One that finds its port taken ends at once.
    await setTimeout(1_000);
    const log = (await readFile(settings.paths.daemonLog)).subarray(size).toString();
    assert.doesNotMatch(log, /starting it again/);
  });

  it("fails `up` and `status` while a helper does not stay up, with its name and its log", async () => {
    const { pid, services } = await status();
    process.kill(pid, "SIGKILL");
    process.kill(services.find(({ name }) => name === "registry")?.pid ?? 0, "SIGKILL");
    const intruder = createServer();
    await eventually("the registry's port", () => listens(intruder, settings));
    const up = await command("up");
    assert.equal(up.exitCode, 1);
    assert.match(up.stderr, /registry does not stay up \(exit code \d+\): see .*\/registry\.log/);
    assert.match(up.stderr, /address already in use/);
    const failing = await command("status");
    assert.equal(failing.exitCode, 1);
    assert.match(failing.stdout, /registry does not stay up/);
    await new Promise((resolve) => intruder.close(resolve));
    await eventually("the registry", async () => {
      const { failing: left, settling } = await status();
      return left.length === 0 && !settling;
    });
    assert.equal((await command("status")).exitCode, 0);
  });

  it("tells of a machine that lost its power while nobody watched", async () => {
    const { pid, servers } = await status();
    process.kill(pid, "SIGKILL");
    const init = await findInit(settings, servers[0]?.id ?? 0);
    process.kill(init ?? 0, "SIGKILL");
    await eventually(
      "the machine is gone",
      async () => (await findInit(settings, servers[0]?.id ?? 0)) === undefined,
    );
    assert.equal((await command("up")).exitCode, 0);
    const answer = await api("GET", `/servers/${servers[0]?.id}`);
    assert.equal(answer.server?.status, "off");
  });
}

/** Whether the registry's port could be taken. */
function listens(server: Server, { hostAddress, registryPort }: LocalCloudSettings): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(registryPort, hostAddress, () => resolve(true));
  });
}
