import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ensurePulumiHome } from "../pulumiHome";
import { type SshServer, startSshServer } from "./sshServer";

describe("an interrupted update", function () {
  this.timeout(30 * 60_000);
  let server: SshServer;
  let project: string;

  before(async () => {
    server = await startSshServer();
    project = await mkdtemp(join(tmpdir(), "toolchain-interrupt-"));
  });

  after(async () => {
    await server?.stop();
    if (project) await rm(project, { recursive: true, force: true });
  });

  it("ends the remote command as well", async () => {
    const { bin, env } = await ensurePulumiHome((line) => console.error(line));
    await writeProject(project, server);
    const settings = { PULUMI_BACKEND_URL: `file://${project}`, PULUMI_CONFIG_PASSPHRASE: "interrupt" };
    const options = { cwd: project, env: { ...process.env, ...env, ...settings } };
    await execa(bin, ["stack", "init", "test"], options);
    const up = spawn(bin, ["up", "--yes", "--skip-preview", "--non-interactive"], {
      ...options,
      stdio: "ignore",
    });
    const ended = once(up, "exit");
    const shell = await processFolder(project);
    assert.ok(existsSync(shell), "the command did not start");

    up.kill("SIGINT");
    const [code] = await ended;
    assert.notEqual(code, 0);
    assert.ok(!existsSync(shell), "the command still runs on the host");
  });
});

async function writeProject(project: string, server: SshServer): Promise<void> {
  await symlink(join(__dirname, "..", "..", "node_modules"), join(project, "node_modules"));
  await writeFile(join(project, "Pulumi.yaml"), "name: interrupt\nmain: index.js\nruntime: nodejs\n");
  await writeFile(
    join(project, "index.js"),
    `const { remote } = require("@pulumi/command");
const { readFileSync } = require("node:fs");
new remote.Command("hangs", {
  connection: { host: "127.0.0.1", port: ${server.port}, privateKey: readFileSync("${server.keyFile}", "utf8") },
  create: "echo $$ > ${project}/pid.new; mv ${project}/pid.new ${project}/pid; sleep 600; true",
});
`,
  );
}

/** Where the kernel shows the remote shell, once it has written its process id. */
async function processFolder(project: string): Promise<string> {
  for await (const { filename } of watch(project, { signal: AbortSignal.timeout(60_000) })) {
    if (filename === "pid") break;
  }
  return join("/proc", (await readFile(join(project, "pid"), "utf8")).trim());
}
