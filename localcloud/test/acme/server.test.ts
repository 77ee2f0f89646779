import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTool } from "../../../toolchain/build";
import { resumeAcmeServer } from "../../src/acme/server";
import type { ControlError } from "../../src/contract/errors";
import { readProcesses, signalService, stopServices } from "../../src/linux/services";
import { ensureCertificate } from "../../src/machines/authority";
import { type LocalCloudSettings, localCloudSettings } from "../../src/settings/cloud";

const rootsIn = (text: string) => text.split("BEGIN CERTIFICATE").length - 1;

describe("the ACME server as a helper", function () {
  this.timeout(300_000);
  let settings: LocalCloudSettings;
  let folder: string;
  let pebble: string;
  let daemon = new AbortController();
  const said: string[] = [];

  const begun = (patienceMs = 20_000) =>
    resumeAcmeServer({ settings, until: daemon.signal, log: (line) => said.push(line), patienceMs });
  const roots = () => readFile(settings.paths.acmeRoots, "utf8").catch(() => "");
  const running = async () => (await readProcesses(settings)).filter(({ name }) => name === "acme");
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (const deadline = Date.now() + 20_000; !(await holds()); ) {
      assert.ok(Date.now() < deadline, `${what}: ${said.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  before(async () => {
    pebble = await ensureTool("pebble");
    folder = await mkdtemp(join(tmpdir(), "localcloud-acme-"));
    // On loopback, where no cloud of this host is.
    const loopback = { ...localCloudSettings({ LOCALCLOUD_STATE: folder }), hostAddress: "127.0.0.1" };
    settings = { ...loopback, acmePort: 14_780 };
    await mkdir(settings.paths.processes, { recursive: true });
    await ensureCertificate(settings);
  });
  after(async () => {
    daemon.abort();
    await stopServices(settings);
    await rm(folder, { recursive: true, force: true });
  });

  it("does not run until somebody wants certificates", async () => {
    await begun();
    assert.deepEqual(await running(), []);
  });

  it("refuses what is no program, and says what it wants", async () => {
    const server = await begun();
    for (const program of ["pebble", join(folder, "nothing"), folder.replace("/", "")])
      await assert.rejects(server.begin(program), (error: ControlError) => error.status === 422);
    assert.deepEqual(await running(), []);
  });

  it("answers under the directory that it tells, and its root lies in the file that it tells", async () => {
    const server = await begun();
    const answer = await server.begin(pebble);
    assert.deepEqual(answer, {
      directory: "https://127.0.0.1:14780/dir",
      roots: join(folder, "acme", "roots.pem"),
    });
    assert.equal(rootsIn(await roots()), 1);
    await server.begin(pebble);
    assert.equal((await running()).length, 1, "a second time begins no other one");
    assert.equal(rootsIn(await roots()), 1);
  });

  it("that is killed has another root when it is back, and the file has both: what was issued before is trusted on", async () => {
    const [before] = await running();
    signalService(settings, "acme", "SIGKILL");
    await until("the second root", async () => rootsIn(await roots()) === 2);
    const [after] = await running();
    assert.notEqual(after?.pid, before?.pid);
  });

  it("begins by itself with the next daemon, which ends the one of the daemon before", async () => {
    daemon.abort();
    const [before] = await running();
    await stopServices(settings, (name) => name === "acme");
    daemon = new AbortController();
    await begun();
    await until("the third root", async () => rootsIn(await roots()) === 3);
    const [after] = await running();
    assert.notEqual(after?.pid, before?.pid);
  });

  it("leaves a daemon without it, when its program is gone", async () => {
    daemon.abort();
    await stopServices(settings, (name) => name === "acme");
    daemon = new AbortController();
    await writeFile(settings.paths.acmeProgram, join(folder, "gone"));
    await begun();
    assert.match(said.at(-1) ?? "", /does not begin: .*gone is gone/);
    assert.deepEqual(await running(), []);
  });

  it("that ends at once is told with how it ends", async () => {
    const broken = join(folder, "broken");
    await writeFile(broken, "#!/bin/sh\nexit 3\n");
    await chmod(broken, 0o755);
    const server = await begun(500);
    await assert.rejects(server.begin(broken), /exit code 3/);
  });
});
