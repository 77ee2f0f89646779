// What the npm package holds: compiled components with their types, and the local cloud as one program.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { bundleInto } from "./bundle";

const root = join(__dirname, "..");
const dist = join(root, "dist");

async function buildPackage(): Promise<void> {
  // What an older version had compiled would be packed too.
  await rm(dist, { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  // npm prints its answer on the standard output; nothing may stand in front of it.
  await execa(process.execPath, [compiler, "--project", "tsconfig.build.json"], {
    cwd: root,
    stdout: process.stderr,
  });
  await bundleInto(join(dist, "localcloud"));
}

const isThere = existsSync(join(dist, "components", "index.js"));
if (!(process.argv.includes("--if-missing") && isThere)) {
  buildPackage().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
