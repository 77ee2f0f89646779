import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { withLock } from "../../../toolchain/lock";
import { writeFiles } from "../linux/files";
import { ensureHostPackages } from "../linux/hostPackages";
import { ensureAuthority } from "./authority";
import { hcUnits } from "./hcUtils";
import { markUsed, pruneImages } from "./imageCache";
import {
  bootstrapPackages,
  imageFiles,
  imagePackages,
  maskedUnits,
  refusingPrograms,
  sourcesOf,
  suite,
} from "./recipe";

/**
 * Root file system that every machine of the local cloud begins with: a Debian 13 of its own, built once for
 * each recipe (about two minutes) and kept in the cache.
 *
 * @returns its folder, to be used as the lower layer of an overlay and never written to
 */
export async function ensureBaseImage(progress: Progress = () => {}): Promise<string> {
  const authority = await readFile((await ensureAuthority()).certificate, "utf8");
  const extra = [authority, ...(await hostAuthorities())];
  const apt = await hostAptChecks();
  const folder = cacheDir("image", recipeHash(extra, apt));
  if (existsSync(folder)) {
    await markUsed(folder);
    return folder;
  }
  await ensureHostPackages(["debootstrap"], progress);
  await withLock(
    cacheDir("image", "build.lock"),
    () => buildOnce(folder, extra, apt, progress),
    () => progress("base image: waiting for another build to finish"),
  );
  return folder;
}

async function buildOnce(
  folder: string,
  extra: readonly string[],
  apt: string,
  progress: Progress,
): Promise<void> {
  if (existsSync(folder)) return;
  // Under the lock nobody else builds: what lies here was left by a build that was killed.
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith("partial-")) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
  const partial = await mkdtemp(join(dirname(folder), "partial-"));
  try {
    await build(partial, extra, apt, progress);
    await chmod(partial, 0o755);
    await rename(partial, folder);
    await markUsed(folder);
    await pruneImages(progress);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function recipeHash(authorities: readonly string[], apt: string): string {
  const recipe = {
    suite,
    bootstrapPackages,
    imagePackages,
    hcUnits,
    maskedUnits,
    imageFiles,
    refusingPrograms,
    authorities,
    apt,
  };
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
}

/** Where debootstrap fetched from, which it writes into the new system: `deb URL SUITE main`. */
async function bootstrapMirror(root: string): Promise<string> {
  const [, mirror] = (await readFile(join(root, "etc/apt/sources.list"), "utf8")).trim().split(/\s+/);
  if (mirror === undefined) throw new Error("debootstrap named no mirror in etc/apt/sources.list");
  return mirror;
}

async function build(
  root: string,
  authorities: readonly string[],
  apt: string,
  progress: Progress,
): Promise<void> {
  progress(`base image: debootstrap of Debian ${suite}`);
  await bootstrap(root);
  await configureApt(root, apt);
  progress(`base image: installing ${imagePackages.join(", ")}`);
  await installPackages(root);
  progress("base image: trust store, masked units");
  await trust(root, authorities);
  for (const unit of maskedUnits) await replaceByLink(join(root, "etc/systemd/system", unit), "/dev/null");
  await inChroot(root, "python3", "-m", "compileall", "-q", "/usr/lib/python3/dist-packages/cloudinit");
  await inChroot(root, "systemctl", "enable", ...hcUnits);
  await fillCaches(root);
  await leaveOut(root);
}

async function bootstrap(root: string): Promise<void> {
  await execa("debootstrap", [
    "--variant=minbase",
    `--include=${bootstrapPackages.join(",")}`,
    suite,
    root,
  ]).catch((error: Error) => {
    throw new Error(`debootstrap of ${suite} failed: ${lastLines(error.message)}`);
  });
}

async function configureApt(root: string, apt: string): Promise<void> {
  const sources = sourcesOf(await bootstrapMirror(root));
  // The tree's own cloud.cfg.d must exist before cloud-init's package script looks at it.
  await writeFiles(root, [
    ...imageFiles,
    { path: "/etc/apt/sources.list", content: sources },
    { path: "/etc/apt/apt.conf.d/91-host", content: apt },
  ]);
}

/** Programs that no machine may run say so in the place of the real ones. */
async function installPackages(root: string): Promise<void> {
  await inChroot(root, "apt-get", "update", "-qq");
  await inChroot(root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", ...imagePackages);
  for (const { path } of refusingPrograms) {
    await inChroot(root, "dpkg-divert", "--local", "--rename", "--add", path);
  }
  await writeFiles(root, refusingPrograms);
}

async function trust(root: string, authorities: readonly string[]): Promise<void> {
  await writeFiles(
    root,
    authorities.map((content, index) => ({
      path: `/usr/local/share/ca-certificates/local-cloud-${index}.crt`,
      content,
    })),
  );
  await inChroot(root, "update-ca-certificates");
}

async function fillCaches(root: string): Promise<void> {
  await inChroot(root, "ldconfig");
  await inChroot(root, "journalctl", "--update-catalog");
  // Newer than /usr: no machine updates caches at its first boot.
  await writeFiles(root, [
    { path: "/etc/.updated", content: "" },
    { path: "/var/.updated", content: "" },
  ]);
}

/** What was downloaded, and host keys: each machine makes its own. */
async function leaveOut(root: string): Promise<void> {
  await rm(join(root, "var/cache/apt/archives"), { recursive: true, force: true });
  await mkdir(join(root, "var/cache/apt/archives/partial"), { recursive: true });
  for (const name of await readdir(join(root, "etc/ssh"))) {
    if (name.startsWith("ssh_host_")) await rm(join(root, "etc/ssh", name));
  }
}

// Own mount and process namespaces: whatever happens to the build, no mount of it stays.
export async function inChroot(root: string, ...command: string[]): Promise<void> {
  await execa(
    "unshare",
    [
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      `--mount-proc=${join(root, "proc")}`,
      "chroot",
      root,
      ...command,
    ],
    {
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        DEBIAN_FRONTEND: "noninteractive",
        LC_ALL: "C.UTF-8",
        SSL_CERT_FILE: undefined,
      },
    },
  ).catch((error: Error) => {
    throw new Error(`${command.slice(0, 2).join(" ")} in the base image failed: ${lastLines(error.message)}`);
  });
}

async function replaceByLink(path: string, target: string): Promise<void> {
  await rm(path, { force: true, recursive: true });
  await symlink(target, path);
}

/** Authorities that the administrator added to this host: without them a machine's HTTPS ends at a proxy. */
async function hostAuthorities(): Promise<string[]> {
  const folder = "/usr/local/share/ca-certificates";
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(".crt"))
      .sort()
      .map((name) => readFile(join(folder, name), "utf8")),
  );
}

/** A host with a frozen mirror or clock says so to its own apt; its machines need the same. */
async function hostAptChecks(): Promise<string> {
  const dump = await execa("apt-config", ["dump"], { reject: false });
  return (dump.stdout ?? "")
    .split("\n")
    .filter((line) => /^Acquire::Check-(Valid-Until|Date) /.test(line))
    .map((line) => `${line}\n`)
    .join("");
}

function lastLines(text: string): string {
  return text.split("\n").slice(-8).join("\n");
}
