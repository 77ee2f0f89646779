// The workflows for GitHub Actions, which nobody runs here: two linters that know GitHub's rules judge them, and what
// they call is run in tests of its own (test/scripts/deploy, test/scripts/promote).
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { scripts } from "../../package.json";
import { ensureTool } from "../../toolchain/build";
import { pulumiVersion } from "../../toolchain/recipes";
import { installPython, type PythonClient, pythonFolder, pythonOf } from "../clients/python";

const root = dirname(dirname(__dirname));
const folder = join(root, ".github", "workflows");
const files = readdirSync(folder).sort();
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
const say = (line: string) => console.log(`    ${line}`);

interface Workflow {
  readonly permissions?: object;
  readonly concurrency?: { readonly "cancel-in-progress": unknown };
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly "timeout-minutes"?: number;
  readonly permissions?: object;
  readonly steps: readonly { readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[];
}

const workflow = (file: string) => parse(textOf(file)) as Workflow;
const jobs = () => files.flatMap((file) => Object.entries(workflow(file).jobs));
const commands = () => jobs().flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));

const zizmor: PythonClient = { name: "zizmor", requirements: join(__dirname, "requirements.txt") };

describe("the workflows for GitHub Actions", function () {
  this.timeout("5m");

  it("are without findings of actionlint", async () => {
    const program = await ensureTool("actionlint", say);
    const config = ["-config-file", join(root, ".github", "actionlint.yaml")];
    const paths = files.map((file) => join(folder, file));
    const { exitCode, stdout } = await execa(program, [...config, ...paths], { reject: false });
    assert.equal(exitCode, 0, stdout);
  });

  it("are without findings of zizmor, who looks for what attackers use", async () => {
    await installPython(zizmor, say);
    const bin = dirname(pythonOf(await pythonFolder(zizmor)));
    const { exitCode, all } = await execa(join(bin, "zizmor"), ["--offline", "--no-progress", folder], {
      reject: false,
      all: true,
    });
    assert.equal(exitCode, 0, all);
    assert.match(all ?? "", /No findings to report/);
  });

  it("name every action by a commit and say of which version, the same one everywhere", () => {
    const uses = files.flatMap((file) => [...textOf(file).matchAll(/uses: (\S+)@(\S+)(.*)/g)]);
    assert.ok(uses.length > 8);
    const commits = new Map<string, string>();
    for (const [line, action = "", commit = "", comment = ""] of uses) {
      assert.match(commit, /^[0-9a-f]{40}$/, line);
      assert.match(comment, /^ # v\d+\.\d+\.\d+$/, line);
      assert.equal(commits.get(action) ?? commit, commit, line);
      commits.set(action, commit);
    }
  });

  it("give no job more than it needs, and none forever", () => {
    for (const file of files) assert.deepEqual(workflow(file).permissions, {}, file);
    for (const [name, job] of jobs()) {
      assert.ok(job.permissions !== undefined, name);
      assert.ok((job["timeout-minutes"] ?? 999) <= 150, name);
    }
  });

  it("do not cut off a deployment that has begun", () => {
    for (const file of ["deploy.yml", "promote.yml"])
      assert.equal(workflow(file).concurrency?.["cancel-in-progress"], false, file);
  });

  it("run the engine that the program is tested with, and commands that there are", () => {
    const versions = jobs().flatMap(([, { steps }]) =>
      steps.flatMap((step) => step.with?.["pulumi-version"] ?? []),
    );
    assert.deepEqual([...new Set(versions)], [pulumiVersion]);
    const called = commands().flatMap((run) => /npm run (\S+)/.exec(run)?.[1] ?? []);
    assert.ok(called.includes("deploy") && called.includes("promote"));
    for (const name of called) assert.ok(name in scripts, name);
  });
});
