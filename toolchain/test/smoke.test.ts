import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { ensurePulumiHome } from "../pulumiHome";
import { pulumiVersion } from "../recipes";
import { type Registry, startRegistry } from "./registry";
import { type SshServer, startSshServer } from "./sshServer";

describe("the built toolchain", function () {
  this.timeout(30 * 60_000);
  let server: SshServer;
  let registry: Registry;
  let backend: string;
  let stack: Stack;

  before(async () => {
    const { env, bin } = await ensurePulumiHome((line) => console.error(line));
    [server, registry] = await Promise.all([startSshServer(), startRegistry()]);
    backend = await mkdtemp(join(tmpdir(), "toolchain-smoke-"));
    const pulumiCommand = await PulumiCommand.get({ root: dirname(dirname(bin)) });
    assert.equal(pulumiCommand.version?.toString(), pulumiVersion);
    stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "smoke", workDir: join(__dirname, "smoke") },
      {
        pulumiCommand,
        envVars: {
          ...env,
          PULUMI_BACKEND_URL: `file://${backend}`,
          PULUMI_CONFIG_PASSPHRASE: "smoke",
          PULUMI_NODEJS_TRANSPILE_ONLY: "true",
          SSL_CERT_FILE: registry.certificateFile,
        },
        // Keeps the stack's settings out of the source folder.
        stackSettings: {},
      },
    );
    await stack.setAllConfig({
      sshPort: { value: String(server.port) },
      hostKey: { value: server.hostKey },
      keyFile: { value: server.keyFile },
      image: { value: registry.image },
      trigger: { value: "first" },
    });
  });

  after(async () => {
    await stack?.destroy();
    await server?.stop();
    await registry?.stop();
    await rm(join(__dirname, "smoke", "Pulumi.smoke.yaml"), { force: true });
    if (backend) await rm(backend, { recursive: true, force: true });
  });

  it("creates resources of random and command", async () => {
    const up = await stack.up();
    const secret = up.outputs.secret;
    assert.equal(secret?.secret, true);
    assert.equal(up.outputs.digest?.value, createHash("sha256").update(String(secret?.value)).digest("hex"));
    assert.equal(up.outputs.name?.value, up.outputs.petName?.value);
    assert.equal(up.outputs.imageDigest?.value, registry.digest);
    assert.equal(up.summary.resourceChanges?.create, 6);
  });

  it("starts the program with the options of the project's file", async () => {
    assert.equal((await stack.outputs()).title?.value, "toolchain-smoke");
  });

  it("changes nothing at the second update", async () => {
    const up = await stack.up({ expectNoChanges: true });
    assert.equal(up.summary.resourceChanges?.same, 6);
  });

  it("keeps secrets out of the state's text", async () => {
    const state = await readFile(join(backend, ".pulumi", "stacks", "toolchain-smoke", "smoke.json"), "utf8");
    const outputs = await stack.outputs();
    assert.ok(!state.includes(String(outputs.secret?.value)));
    assert.ok(!state.includes("PRIVATE KEY"), "the connection's key is in the state in clear");
  });

  it("replaces a command when a trigger changes", async () => {
    await stack.setConfig("trigger", { value: "second" });
    const up = await stack.up();
    assert.equal(up.summary.resourceChanges?.replace, 1);
  });

  it("destroys everything", async () => {
    const destroyed = await stack.destroy();
    assert.equal(destroyed.summary.resourceChanges?.delete, 6);
  });
});
