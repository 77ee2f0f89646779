import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { drillsFile } from "../../../scripts/conformance/drills";
import { projectRoot } from "../../../scripts/localStack";
import { allDrills, chooseDrills, outcome, runDrill } from "../../../scripts/testRun/drills";

const support = join(projectRoot, "test", "drills", "support");

/** A drill as a file, whose test does what the text says. */
const drillText = (title: string, body: string) => `
import { drillRandom } from ${JSON.stringify(join(support, "random"))};
import { drillNumbers } from ${JSON.stringify(join(support, "record"))};
describe("a drill", () => it(${JSON.stringify(title)}, function () { ${body} }));`;

describe("npm run drill", function () {
  this.timeout("2m");
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-drills-"));
    await mkdir(join(folder, dirname(drillsFile)), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs a drill of this text and reads what was written down. */
  async function written(name: string, text: string): Promise<Record<string, unknown>[]> {
    const file = join(folder, `${name}.drill.ts`);
    await writeFile(file, text);
    await runDrill({ name, file }, folder, async (files, timeout, options, env) => {
      await execa("mocha", ["--timeout", timeout, ...(options ?? []), ...files], {
        cwd: projectRoot,
        preferLocal: true,
        ...(env === undefined ? {} : { env }),
      });
    });
    const lines = (await readFile(join(folder, drillsFile), "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it("writes down what came of a drill: rows, seed, numbers, commit and how long it took", async () => {
    const body = "drillRandom(); drillNumbers({ kills: 3 }); drillNumbers({ failed: 0 });";
    const [result] = await written("fine", drillText("loses nothing (S0-24)", body));
    const { stdout: commit } = await execa("git", ["rev-parse", "--short", "HEAD"], { cwd: projectRoot });
    assert.equal(result?.drill, "fine");
    assert.equal(result.result, "passed");
    assert.deepEqual(result.rows, ["S0-24"]);
    assert.deepEqual(result.numbers, { kills: 3, failed: 0 });
    assert.ok(Number.isInteger(result.seed));
    assert.match(String(result.commit), new RegExp(`^${commit}\\+?$`));
    assert.ok(Date.now() - Date.parse(String(result.date)) < 120_000);
    assert.ok(Number(result.seconds) < 120);
  });

  it("keeps the newest of each drill, a failure too, with what it had counted before", async () => {
    const body = "drillNumbers({ kills: 1 }); throw new Error('lost one');";
    const results = await written("fine", drillText("loses nothing (S0-24)", body));
    assert.deepEqual(
      results.map(({ drill, result, numbers }) => ({ drill, result, numbers })),
      [{ drill: "fine", result: "failed", numbers: { kills: 1 } }],
    );
    const both = await written("another", drillText("is skipped", "this.skip();"));
    assert.deepEqual(
      both.map(({ drill, result }) => ({ drill, result })),
      [
        { drill: "another", result: "skipped" },
        { drill: "fine", result: "failed" },
      ],
    );
  });

  it("takes a drill of which nothing or only a part ran for skipped", () => {
    assert.equal(outcome([], true).result, "skipped");
    const part = [
      { title: "a", state: "passed" },
      { title: "b", state: "skipped" },
    ];
    assert.equal(outcome(part, true).result, "skipped");
    assert.equal(outcome(part.slice(0, 1), true).result, "passed");
    assert.equal(outcome(part.slice(0, 1), false).result, "failed");
  });

  it("finds every drill by its file, with what it needs and does", async () => {
    const drills = await allDrills();
    assert.ok(drills.length >= 4);
    assert.equal(drills.find(({ name }) => name === "busyHost")?.needs, "platform");
    for (const { summary } of drills) assert.match(summary, /^[A-Z`].*\.$/);
  });

  it("names the drills that there are when it is asked for another one", () => {
    const drill = { name: "busyHost", file: "", needs: "nothing", summary: "" } as const;
    assert.throws(() => chooseDrills([drill], ["busyhost"]), /no drill busyhost; there are busyHost/);
  });

  it("lists the drills, and refuses to guess which one is meant", async () => {
    const drill = (...args: string[]) =>
      execa("node", ["scripts/run.mjs", "scripts/drill.ts", ...args], { cwd: projectRoot, reject: false });
    const [none, list] = await Promise.all([drill(), drill("--list")]);
    assert.equal(none.exitCode, 1);
    assert.match(none.stderr, /name a drill, or --all/);
    for (const { name } of await allDrills()) assert.ok(list.stdout.includes(name), name);
  });
});
