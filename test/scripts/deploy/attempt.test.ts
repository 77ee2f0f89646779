import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local } from "@pulumi/command";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { type Attempt, attempt } from "../../../scripts/deploy/attempt";
import { stackIn } from "../../support/programStack";

describe("an unattended deployment, at the real engine", function () {
  this.timeout("5m");
  let folder: string;
  let stack: Stack;
  let server: Server;
  let status = 200;
  const said: string[] = [];
  const makes =
    (create: string): PulumiFn =>
    async () => {
      new local.Command("made", { create });
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
  const deploy = (how: Partial<Attempt> = {}) =>
    attempt({
      ...{ stack, message: "v2 by ada", policyPacks: [], waitMinutes: 0, previewOnly: false },
      ...{ siteWithinSeconds: 0, siteOf: ({ url }) => ({ url: String(url) }) },
      ...{ stopped: new AbortController().signal, say: (line) => void said.push(line), ...how },
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "deploy-"));
    server = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stack = await stackIn(folder);
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    said.splice(0);
    status = 200;
  });
  const last = async () => (await stack.history(1))[0];

  it("shows what would change and changes nothing, where that is asked", async () => {
    stack.workspace.program = makes("echo one");
    const { outcome, changes } = await deploy({ previewOnly: true });
    assert.deepEqual([outcome, changes.create], ["previewed", 2]);
    assert.equal(await last(), undefined);
  });

  it("changes, asks the site, and leaves in the history who did it", async () => {
    const { outcome, changes, reason } = await deploy();
    assert.deepEqual([outcome, changes.create, reason], ["done", 2, undefined]);
    assert.ok(said.includes("create made"), `${said}`);
    const { message, result } = (await last()) ?? {};
    assert.deepEqual([message, result], ["v2 by ada", "succeeded"]);
  });

  it("is no success while the site does not answer as it should", async () => {
    status = 503;
    const { outcome, reason } = await deploy();
    assert.equal(outcome, "unwell");
    assert.match(reason ?? "", /: answer 503$/);
  });

  it("refuses before anything is changed what the program refuses", async () => {
    stack.workspace.program = async () => {
      throw new Error("edge.engine: got apache");
    };
    const { outcome, reason } = await deploy();
    assert.equal(outcome, "refused");
    assert.match(reason ?? "", /edge\.engine: got apache/);
    assert.equal((await last())?.result, "succeeded");
  });

  it("says what failed when a change fails", async () => {
    stack.workspace.program = makes("echo no room on the disk >&2; exit 3");
    const { outcome, reason } = await deploy();
    assert.equal(outcome, "failed");
    assert.match(reason ?? "", /exit code 3[\s\S]*no room on the disk/);
  });

  it("waits for the run of somebody else, and is refused when that takes too long", async () => {
    const fifo = join(folder, "go-on");
    stack.workspace.program = makes(`until [ -e ${fifo} ]; do sleep 0.1; done`);
    const other = stack.up();
    while ((await stack.exportStack()).deployment.pending_operations === undefined)
      await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = await deploy();
    assert.equal(refused.outcome, "refused");
    assert.match(
      refused.reason ?? "",
      /begun 1 operations and not ended them. If it was killed: npm run repair -- test/,
    );
    const stop = new AbortController();
    const stopped = deploy({ waitMinutes: 5, stopped: stop.signal });
    stop.abort();
    const { outcome, reason } = await stopped;
    assert.deepEqual([outcome, reason], ["refused", "it was stopped"]);
    const waits = deploy({ waitMinutes: 5 });
    while (!said.some((line) => line.startsWith("waits for")))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await writeFile(fifo, "");
    await other;
    assert.equal((await waits).outcome, "done");
  });
});
