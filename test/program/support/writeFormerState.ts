// Writes the state that a former program leaves behind, for test/program/upgrade.test.ts:
//   npx tsx test/program/support/writeFormerState.ts COMMIT
// The former program's own test support runs it under the real engine, without machines.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { ensurePulumiHome } from "../../../toolchain/pulumiHome";
import type { EngineStack, Values } from "../../support/engineStack";
import { checkOut } from "./formerProgram";

export const formerStateFile = (commit: string) => join(__dirname, "../former", `${commit}.json`);

async function main(commit: string): Promise<void> {
  const { folder, remove } = await checkOut(commit);
  try {
    const { engineStack } = require(join(folder, "test/support/engineStack")) as {
      engineStack: (values: Values) => Promise<EngineStack>;
    };
    const { startingPoint } = require(join(folder, "scripts/settingChanges")) as { startingPoint: Values };
    const running = await engineStack(startingPoint);
    try {
      await running.stack.up();
      const { workDir: cwd, envVars: env } = running.stack.workspace;
      const { bin } = await ensurePulumiHome();
      // In clear: the next stack encrypts it with a key of its own. Its passwords open nothing.
      const { stdout } = await execa(bin, ["stack", "export", "--show-secrets", "--stack", "prod"], {
        cwd,
        env,
      });
      const file = formerStateFile(commit);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(JSON.parse(stdout), withoutScripts, 1)}\n`);
    } finally {
      await running.stop();
    }
  } finally {
    await remove();
  }
}

/** Where the program lay. */
const leftOut = ["sourcePosition", "stackTrace"];

/** Scripts, which every program changes, would make the file a megabyte; and keys look like keys that were lost. */
function withoutScripts(key: string, value: unknown): unknown {
  if (leftOut.includes(key)) return undefined;
  if (typeof value !== "string") return value;
  // A secret is JSON in JSON.
  if (key === "plaintext") return JSON.stringify(JSON.parse(value), withoutScripts);
  return value.length > 1_000 || value.includes("PRIVATE KEY") ? "left out" : value;
}

if (require.main === module) void main(process.argv[2] ?? "");
