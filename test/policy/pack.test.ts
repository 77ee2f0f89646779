import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import * as hcloud from "@pulumi/hcloud";
import { startingPoint } from "../../scripts/settingChanges/changes";
import { type EngineStack, engineStack } from "../support/engineStack";

const root = dirname(dirname(__dirname));

/**
 * The pack as the engine runs it. The vendor's installation brings a host for `runtime: nodejs`, and our own build of
 * the engine does not; so the pack has the name of a runtime here for which we are the host. It says the same.
 */
async function packFor(folder: string): Promise<string> {
  const pack = join(root, "policy");
  const description = await readFile(join(pack, "PulumiPolicy.yaml"), "utf8");
  await writeFile(join(folder, "PulumiPolicy.yaml"), description.replace("nodejs", "nodejs68"));
  await writeFile(join(folder, "package.json"), await readFile(join(pack, "package.json")));
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(pack, "tsconfig.json"), include: ["."] }),
  );
  await writeFile(join(folder, "index.ts"), `import ${JSON.stringify(join(pack, "index"))};\n`);
  const host = join(folder, "pulumi-analyzer-policy-nodejs68");
  const run = join(root, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
  await writeFile(host, `#!/bin/sh\nexec ${process.execPath} ${run} "$@"\n`);
  await chmod(host, 0o755);
  return folder;
}

describe("the policy pack, at the real engine", function () {
  this.timeout("5m");
  let folder: string;
  let engine: EngineStack;
  let pack: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "policy-"));
    pack = await packFor(folder);
    engine = await engineStack({ ...startingPoint, protect: true, failoverToken: "f".repeat(64) });
    const { envVars } = engine.stack.workspace;
    envVars.PATH = `${folder}${delimiter}${envVars.PATH ?? process.env.PATH}`;
  });
  after(async () => {
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const preview = async (config?: object) => {
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify(config ?? {}));
    return engine.stack.preview({ policyPacks: [pack], policyPackConfigs: [file], color: "never" });
  };

  it("finds nothing wrong with the platform", async () => {
    const { stdout } = await preview();
    assert.match(stdout, /hetzner-platform@v0\.1\.0/);
    assert.doesNotMatch(stdout, /\[mandatory\]|\[advisory\]/);
  });

  it("stops what costs more than the budget", async () => {
    await assert.rejects(
      preview({ "stack-is-within-its-budget": { maxMonthlyEur: 10 } }),
      /and 10 is the budget/,
    );
  });

  it("stops a program that opens SSH to everybody or leaves production without protection", async () => {
    engine.make(({ apiToken, apiEndpoint }) => {
      const provider = new hcloud.Provider("api", { token: apiToken, endpoint: apiEndpoint });
      const rules = [{ direction: "in", protocol: "tcp", port: "22", sourceIps: ["0.0.0.0/0"] }];
      new hcloud.Firewall("open", { rules }, { provider });
      const labels = { environment: "prod" };
      new hcloud.Volume("loose", { size: 10, location: "nbg1", labels }, { provider });
    });
    const error = await preview().then(
      () => assert.fail("nothing was refused"),
      (error: unknown) => String(error),
    );
    assert.match(error, /tcp 22 is open to 0\.0\.0\.0\/0: name the networks that need it/);
    assert.match(error, /Hetzner would delete it, and its data/);
    assert.match(error, /pulumi would delete it, and its data/);
  });
});
