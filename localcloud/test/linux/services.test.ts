import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  readProcesses,
  type Service,
  serviceHealth,
  signalService,
  stopServices,
  supervise,
} from "../../src/linux/services";
import { localCloudSettings } from "../../src/settings/cloud";

const listener = "trap 'echo told' HUP; echo ready; while :; do sleep 0.02; done";

describe("helper processes", () => {
  let folder: string;
  const stopping = new AbortController();
  const settings = () => localCloudSettings({ LOCALCLOUD_STATE: folder });
  const logOf = (name: string) =>
    readFile(join(settings().paths.processes, `${name}.log`), "utf8").catch(() => "");
  const says = async (name: string, word: string) => {
    for (const deadline = Date.now() + 60_000; !(await logOf(name)).includes(word); ) {
      assert.ok(Date.now() < deadline, `${name} has not said "${word}"`);
      await setTimeout(1);
    }
  };
  const begin = (service: Service) => supervise(settings(), service, stopping.signal, () => undefined);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localcloud-services-"));
  });
  after(async () => {
    stopping.abort();
    await stopServices(settings());
    await rm(folder, { recursive: true, force: true });
  });

  it("hear a signal from their first word on", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `listener${index}`);
    await Promise.all(
      names.map(async (name) => {
        await begin({ name, command: "bash", args: ["-c", listener] });
        await says(name, "ready");
        signalService(settings(), name, "SIGHUP");
      }),
    );
    await Promise.all(names.map((name) => says(name, "told")));
  });

  it("begin again when they end, and hear signals then too", async () => {
    const name = "mortal";
    await begin({ name, command: "bash", args: ["-c", `echo life; ${listener}`] });
    await says(name, "ready");
    signalService(settings(), name, "SIGKILL");
    await says(name, "life\nready\nlife\nready");
    signalService(settings(), name, "SIGHUP");
    await says(name, "told");
    const found = async () => (await readProcesses(settings())).some((service) => service.name === name);
    for (const deadline = Date.now() + 60_000; !(await found()); await setTimeout(5)) {
      assert.ok(Date.now() < deadline, "it is on record");
    }
  });

  it("that cannot stay up are known as failing, with how they end; one that is killed once recovers", async () => {
    const health = (name: string) => serviceHealth().find((service) => service.name === name);
    const becomes = async (name: string, state: string) => {
      for (const deadline = Date.now() + 10_000; health(name)?.state !== state; await setTimeout(5)) {
        assert.ok(Date.now() < deadline, `${name} is ${health(name)?.state}, not ${state}`);
      }
    };
    await begin({ name: "portless", command: "bash", args: ["-c", "echo address in use; exit 2"] });
    await begin({ name: "steady", command: "bash", args: ["-c", listener] });
    await becomes("portless", "failing");
    assert.equal(health("portless")?.ended, "exit code 2");
    await becomes("steady", "running");
    // Between two lives and in the next one too: it has not stayed up yet.
    for (let look = 0; look < 20; look++) {
      assert.equal(health("portless")?.state, "failing");
      await setTimeout(20);
    }
    signalService(settings(), "steady", "SIGKILL");
    await becomes("steady", "failing");
    await becomes("steady", "running");
  });

  it("are on record at their first word, so a daemon killed then leaves none unknown", async () => {
    const name = "recorded";
    const file = join(settings().paths.processes, `${name}.json`);
    await begin({ name, command: "bash", args: ["-c", `cat '${file}'; echo " of $$"; ${listener}`] });
    await says(name, "ready");
    const [known] = (await readProcesses(settings())).filter((service) => service.name === name);
    assert.match(
      await logOf(name),
      new RegExp(`^{"name":"recorded","pid":${known?.pid},.* of ${known?.pid}$`, "m"),
    );
  });
});
