import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readOutline } from "../../components/setup/outline";
import { programInputs, readStackFile } from "../../components/stack/stackFile";
import { renderSetups } from "../../scripts/renderSetups";

const root = dirname(dirname(__dirname));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function render(...args: readonly string[]): Promise<Ran> {
  const command = ["--import", "tsx", join(root, "scripts", "render.ts"), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const setupsOf = (stack: string, directory?: string) =>
  renderSetups(readStackFile(stack, directory).settings, programInputs(stack, directory));

describe("npm run render", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "render-"));
    cpSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("lists the machines of a stack", async () => {
    const { stdout, code } = await render("prod");
    assert.equal(code, 0);
    const names = ["app1", "app2", "database1", "edge1", "edge2", "storage1"].map((name) => `prod-${name}`);
    assert.deepEqual(stdout.trim().split("\n"), names);
  });

  it("prints the whole script of every machine, the same at every run", async () => {
    const [first, second] = [await setupsOf("local"), await setupsOf("local")];
    assert.equal(first.size, 6);
    for (const [name, script] of first) {
      assert.equal(script, second.get(name), name);
      const syntax = spawnSync("bash", ["-n"], { input: script });
      assert.equal(String(syntax.stderr), "", name);
      assert.match(script, /^stage end$/m, name);
    }
  });

  it("prints what a preview reads again to say what changes: every file and every unit of each machine", async () => {
    for (const [name, script] of await setupsOf("local")) {
      const listed = (kind: string) =>
        new RegExp(`^manifest_begin ${kind} <<'END_OF_NAMES'\\n([\\s\\S]*?)END_OF_NAMES$`, "m")
          .exec(script)?.[1]
          ?.split("\n")
          .filter((line) => line !== "")
          .sort();
      const { files, units } = readOutline(script);
      assert.deepEqual([...files.keys()].sort(), listed("file-names"), name);
      assert.deepEqual(units.map((unit) => unit.name).sort(), listed("unit-names"), name);
    }
  });

  it("shows where a secret goes, and no secret: it needs no passphrase and no token", async () => {
    const { stdout, code } = await render("local", "app1");
    assert.equal(code, 0);
    assert.match(stdout, /^put_file '\/etc\/platform\/web-1\.secret\.env' 'root' 'root' '0600'/m);
    assert.match(stdout, /^SESSION_KEY=SECRET-sessionKey$/m);
    assert.match(stdout, /^DATABASE_URL=postgresql:\/\/app:SECRET-\S+-database-postgresql-app@/m);
    assert.match(stdout, /DIGEST-OF-/);
    const balancer = (await setupsOf("local")).get("local-edge1") ?? "";
    assert.match(balancer, /SECRET-failoverToken/);
    assert.match(balancer, /198\.51\.100\.1:8080/);
    const stack = readFileSync(join(root, "Pulumi.local.yaml"), "utf8");
    const encrypted = [...stack.matchAll(/secure: (\S+)/g)].map(([, text = ""]) => text);
    assert.ok(encrypted.length >= 2);
    for (const text of [...encrypted, /hcloud:token: (\S+)/.exec(stack)?.[1] ?? ""]) {
      assert.ok(text !== "" && !stdout.includes(text) && !balancer.includes(text));
    }
  });

  it("shows a stack whose secrets are encrypted as a whole", async () => {
    const stack = readFileSync(join(root, "Pulumi.local.yaml"), "utf8");
    const whole = stack.replace(/(hetzner-platform:secrets:\n)(?: {4}.*\n)+/, "$1    secure: v1:abc:def\n");
    assert.notEqual(whole, stack);
    writeFileSync(join(folder, "Pulumi.local.yaml"), whole);
    assert.equal(
      (await setupsOf("local", folder)).get("local-app1"),
      (await setupsOf("local")).get("local-app1"),
    );
  });

  it("shows what a change of the configuration does to a machine", async () => {
    const stack = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
    writeFileSync(join(folder, "Pulumi.prod.yaml"), stack.replace("sample-app:1.0.0", "sample-app:1.0.1"));
    const [before, after] = [await setupsOf("prod"), await setupsOf("prod", folder)];
    const lines = (before.get("prod-app1") ?? "").split("\n");
    const changed = (after.get("prod-app1") ?? "").split("\n").filter((line) => !lines.includes(line));
    assert.match(changed.join("\n"), /RELEASE=1\.0\.1/);
    assert.match(changed.join("\n"), /DIGEST-OF-hetzner-platform\/sample-app:1\.0\.1/);
    assert.equal(after.get("prod-database1"), before.get("prod-database1"));
  });

  it("fails when there is no such machine, naming those that are there", async () => {
    const { code, stderr } = await render("prod", "app7");
    assert.equal(code, 2);
    assert.match(stderr, /no machine app7; there are: prod-app1, prod-app2/);
  });
});
