import { access } from "node:fs/promises";
import { execa } from "execa";
import type { Progress } from "../toolchain/cacheDir";

let queue: Promise<unknown> = Promise.resolve();

/**
 * Installs the Debian packages that are missing on this machine. Calls queue behind each other, because
 * dpkg takes one lock.
 *
 * @throws when apt-get is missing or refuses, with its last lines
 */
export function ensureHostPackages(names: readonly string[], progress: Progress = () => {}): Promise<void> {
  const next = queue.then(() => install(names, progress));
  queue = next.catch(() => {});
  return next;
}

async function install(names: readonly string[], progress: Progress): Promise<void> {
  const installed = await execa("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names], {
    reject: false,
  });
  const present = new Set(
    installed.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  const missing = names.filter((name) => !present.has(name));
  if (missing.length === 0) return;
  progress(`installing ${missing.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  if (!(await hasPackageLists())) await execa("apt-get", ["update", "-qq"], { env });
  // Services of these packages must not start on the host: only their programs are wanted.
  await execa("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], {
    env: { ...env, RUNLEVEL: "1" },
    all: true,
  });
}

async function hasPackageLists(): Promise<boolean> {
  const found = await execa("sh", ["-c", "ls /var/lib/apt/lists/*Packages* 2>/dev/null | head -1"]);
  return (
    found.stdout !== "" &&
    (await access("/var/lib/apt/lists").then(
      () => true,
      () => false,
    ))
  );
}
