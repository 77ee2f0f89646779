import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local } from "@pulumi/command";
import type { Stack } from "@pulumi/pulumi/automation";
import { type Changing, changesInTurn, createTurns, leftText } from "../../../components/machine/turns";
import { stackIn } from "../../support/programStack";

const machines = ["app1", "app2", "app3"];
const [app1, app2, app3] = machines.map(changing) as [Changing, Changing, Changing];

function changing(name: string): Changing {
  return { name, urn: `urn:pulumi:test::test::command:local:Command::${name}` };
}

describe("turns", () => {
  it("begin in the order in which they are asked for, each after the one before has ended", async () => {
    const turns = createTurns(0);
    const begun: string[] = [];
    const asked = machines.map((who) => turns.begin(changing(who)).then(() => begun.push(who)));
    for (const [ended, seen] of machines.entries()) {
      await asked[ended];
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(begun.at(-1), seen);
      assert.equal(begun.length, ended + 1);
      turns.end();
    }
  });

  it("begin when others have noticed that the one before is back, also when they are asked for later", async () => {
    const turns = createTurns(0.2);
    await turns.begin(app1);
    turns.end();
    const from = performance.now();
    await turns.begin(app2);
    assert.ok(performance.now() - from >= 190, `app2 began after ${performance.now() - from} ms`);
  });

  it("are refused after one has failed, to all who wait and who come", async () => {
    const turns = createTurns(0);
    await turns.begin(app1);
    const waits = turns.begin(app2);
    turns.fail(app1);
    await assert.rejects(waits, new Error(leftText(app2, app1)));
    await assert.rejects(turns.begin(app3), new Error(leftText(app3, app1)));
  });
});

describe("set-ups that change in turn, at the real engine", function () {
  this.timeout("3m");
  let folder: string;
  let stack: Stack;
  let log: string;
  /** New ones meet: each waits until all have begun. */
  const meet = () => `until [ "$(grep -c begin ${log})" = 3 ]; do sleep 0.05; done`;
  const program = (edition: number, work: string) => async () => {
    const hooks = changesInTurn("shop", createTurns(0));
    for (const name of machines) {
      const create = `: ${edition}; echo begin ${name} >>${log}; ${work}; echo end ${name} >>${log}`;
      new local.Command(name, { create }, { hooks });
    }
  };
  const up = async (edition: number, work: string) => {
    await writeFile(log, "");
    const said: string[] = [];
    const { result } = await stack
      .up({ program: program(edition, work), onOutput: (text) => said.push(text), color: "never" })
      .then(({ summary }) => ({ result: summary.result }))
      .catch(() => ({ result: "failed" }));
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    const begun = lines.filter((line) => line.startsWith("begin")).map((line) => line.replace("begin ", ""));
    return { result, lines, begun, said: said.join("") };
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-turns-"));
    log = join(folder, "log");
    stack = await stackIn(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("are made at the same time", async () => {
    const { result, begun } = await up(1, meet());
    assert.equal(result, "succeeded");
    assert.deepEqual(begun.sort(), machines);
  });

  it("change one after the other", async () => {
    const { result, lines, begun } = await up(2, "sleep 0.3");
    assert.equal(result, "succeeded");
    assert.deepEqual(
      lines,
      begun.flatMap((name) => [`begin ${name}`, `end ${name}`]),
    );
    assert.deepEqual(begun.sort(), machines);
  });

  it("stay as they were after one has failed, and are told why; the next up goes on with them", async () => {
    const { result, begun, said } = await up(3, "exit 7");
    assert.equal(result, "failed");
    const [failed = ""] = begun;
    assert.deepEqual(begun, [failed], "nobody begins after the one that failed");
    for (const name of machines.filter((other) => other !== failed))
      assert.ok(said.includes(leftText(changing(name), changing(failed))), said);
    const next = await up(3, "sleep 0.1");
    assert.equal(next.result, "succeeded");
    assert.deepEqual(next.begun.sort(), machines);
  });
});
