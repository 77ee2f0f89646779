// What the npm package holds: compiled components with their types.
import { existsSync } from "node:fs";
import { cp, glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

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
  // Programs for machines that are no TypeScript are read from beside the code that places them.
  for await (const path of glob("components/**/*.py", { cwd: root })) {
    await cp(join(root, path), join(dist, path));
  }
}

const isThere = existsSync(join(dist, "components", "index.js"));
if (!(process.argv.includes("--if-missing") && isThere)) {
  buildPackage().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
