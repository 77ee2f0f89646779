import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import ts from "typescript";
import { unregisteredText } from "../../../components/stack/wholeProgram";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import { eventually } from "../../support/eventually";

const root = join(__dirname, "..", "..", "..");
const sources = ["components/stack/wholeProgram.ts", "components/machine/enginesHooks.ts"];

/** Three resources; the connection to the engine breaks at the registration of the one that BREAKS_AT names. */
const program = `
const pulumi = require("@pulumi/pulumi");
if (process.env.GUARD) require("./components/stack/wholeProgram.js").requireWholeProgram();
const monitor = pulumi.runtime.getMonitor();
const register = monitor.registerResource.bind(monitor);
monitor.registerResource = (request, ...rest) => {
  if (request.getName() !== process.env.BREAKS_AT) return register(request, ...rest);
  setImmediate(() => rest.at(-1)(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 })));
};
if (process.env.SLOW) {
  const quick = monitor.registerResource;
  monitor.registerResource = (...call) => setTimeout(() => quick(...call), 2000);
  for (const late of [1000, 30_000]) setTimeout(() => console.error("still here"), late);
  require("node:fs").writeFileSync(process.env.SLOW, String(process.pid));
}
class Group extends pulumi.ComponentResource {
  constructor(name) {
    super("test:index:Group", name);
    new pulumi.Stash("first", { input: "1" }, { parent: this });
    new pulumi.Stash("second", { input: "2" }, { parent: this });
  }
}
new Group("group");
`;

describe("a program whose connection to the engine breaks", function () {
  this.timeout("3m");
  let folder: string;
  let env: Readonly<Record<string, string | undefined>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hetzner-platform-whole-"));
    env = {
      ...(await ensurePulumiHome((line) => console.error(line))).env,
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
    for (const source of sources) {
      const target = join(folder, source.replace(/\.ts$/, ".js"));
      await mkdir(dirname(target), { recursive: true });
      const { outputText } = ts.transpileModule(await readFile(join(root, source), "utf8"), {
        compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
      });
      await writeFile(target, outputText);
    }
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "main": "index.js" }');
    await writeFile(join(folder, "Pulumi.yaml"), "name: whole\nruntime: nodejs\n");
    await writeFile(join(folder, "index.js"), program);
    await pulumi(["stack", "init", "whole"]);
    const made = await pulumi(["up", "--yes", "--skip-preview", "--color=never"], { GUARD: "1" });
    assert.equal(made.exitCode, 0, made.all);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("fails and plans no deletion, and says what was not registered and that nothing is lost", async () => {
    const { all, exitCode } = await preview({ GUARD: "1", BREAKS_AT: "group" });
    assert.notEqual(exitCode, 0, all);
    const missing = ["group (test:index:Group)", "first (pulumi:index:Stash)", "second (pulumi:index:Stash)"];
    assert.ok(all.includes(unregisteredText(missing)), all);
    assert.doesNotMatch(all, / delete/);
  });

  it("ends with the first line that nobody hears when its engine and its host were killed", async () => {
    const pidFile = join(folder, "pid");
    const engine = execa("pulumi", ["preview", "--stack", "whole", "--non-interactive"], {
      ...{ cwd: folder, env: { ...env, GUARD: "1", SLOW: pidFile }, reject: false, stdio: "ignore" as const },
    });
    await eventually(() => existsSync(pidFile), "the program runs");
    const pid = (await readFile(pidFile, "utf8")).trim();
    const [, ...after] = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ");
    const host = Number(after.join(") ").split(" ")[1]);
    for (const one of [engine.pid, host]) if (one !== undefined) process.kill(one, "SIGKILL");
    await engine;
    await eventually(() => !existsSync(`/proc/${pid}`), "the program ends", { limitMs: 20_000 });
  });

  // When this fails, Pulumi has mended it, and the guard can go.
  it("would end well and have the engine delete what it did not register, without the guard", async () => {
    const { all, exitCode } = await preview({ BREAKS_AT: "group" });
    assert.equal(exitCode, 0, all);
    assert.match(all, /3 to delete/);
  });

  it("is the only one that fails: a whole program changes nothing and ends well", async () => {
    const { all, exitCode } = await preview({ GUARD: "1" }, ["--expect-no-changes"]);
    assert.equal(exitCode, 0, all);
  });

  const preview = (more: Readonly<Record<string, string>>, flags: readonly string[] = []) =>
    pulumi(["preview", "--color=never", ...flags], more);

  async function pulumi(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const options = { cwd: folder, env: { ...env, ...more }, all: true, reject: false } as const;
    const { exitCode, all } = await execa("pulumi", [...args, "--non-interactive"], options);
    return { exitCode, all: String(all) };
  }
});
