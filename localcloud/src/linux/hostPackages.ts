import { access, readFile, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import type { Progress } from "../../../toolchain/cacheDir";

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
  await withoutServices(missing, async () => {
    const args = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
    await execa("apt-get", args, { env: { ...env, RUNLEVEL: "1" } });
  });
}

const policyFile = "/usr/sbin/policy-rc.d";
const policy =
  "#!/bin/sh\n# hetzner-platform: packages are being installed for their programs only\nexit 101\n";
const serviceUnits: Readonly<Record<string, string>> = {
  "apt-cacher-ng": "apt-cacher-ng.service",
  "docker-registry": "docker-registry.service",
  nsd: "nsd.service",
  haproxy: "haproxy.service",
};

/** Only the programs of these packages are wanted on the host: Debian's policy file keeps services from starting. */
async function withoutServices(names: readonly string[], install: () => Promise<void>): Promise<void> {
  const existing = await readFile(policyFile, "utf8").catch(() => undefined);
  const ours = existing === undefined || existing === policy;
  if (ours) await writeFile(policyFile, policy, { mode: 0o755 });
  try {
    await install();
    const units = names.flatMap((name) => serviceUnits[name] ?? []);
    if (units.length > 0) await execa("systemctl", ["disable", ...units], { reject: false });
  } finally {
    if (ours) await rm(policyFile, { force: true });
  }
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
