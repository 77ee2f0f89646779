import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import type { Progress } from "../../../toolchain/cacheDir";
import { readStatus, type Status } from "../control/socket";
import { ensureHostPackages } from "../linux/hostPackages";
import { isAlive } from "../linux/processes";
import { ensureBaseImage } from "../machines/image";
import { type LocalCloudSettings, localCloudSettings } from "../settings/cloud";
import { requireFreeAddresses, requireOneCloud } from "./clouds";
import { daemonProgram } from "./daemonProgram";
import { findDaemon } from "./findDaemon";
import { failingLines } from "./statusText";

/** Debian packages whose programs the local cloud runs on the host. */
const hostPackages = [
  "systemd-container",
  "debootstrap",
  "iproute2",
  "nftables",
  "dnsmasq-base",
  "nsd",
  "apt-cacher-ng",
  "docker-registry",
  "xfsprogs",
  "btrfs-progs",
  "openssl",
  "haproxy",
];

/** Why this machine cannot run a local cloud, in one sentence; undefined when it can. */
export function whyNoLocalCloud(): string | undefined {
  const platform: string = process.platform;
  if (platform === "linux" && process.getuid?.() === 0) return undefined;
  const who = platform === "linux" ? "this user is not root" : `this is ${platform}`;
  return `the local cloud boots real machines in network namespaces, so it needs root on Linux; ${who}`;
}

/** @throws when this machine cannot run a local cloud, in one sentence */
export function requireRootOnLinux(): void {
  const reason = whyNoLocalCloud();
  if (reason !== undefined) throw new Error(reason);
}

/**
 * Brings the local cloud up, or does nothing when it is up; machines that should run are booted again.
 *
 * @returns once the API answers
 */
export async function up(progress: Progress = () => {}): Promise<Status> {
  requireRootOnLinux();
  const settings = localCloudSettings();
  await requireOneCloud(settings);
  if ((await findDaemon(settings)) === undefined) {
    await requireFreeAddresses(settings);
    await ensureHostPackages(hostPackages, progress);
    await ensureBaseImage(progress);
    progress("starting the daemon");
    await startDaemon(settings);
  }
  await waitUntilReady(settings);
  return untilHelpersStay(settings);
}

/** How long a helper may need to find its port free, when the one of an earlier daemon only just ends. */
const patienceMs = 5_000;

/** @throws when a helper does not stay up, with the end of its log: without one of them machines have no names or packages */
async function untilHelpersStay(settings: LocalCloudSettings): Promise<Status> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const status = await waitUntilReady(settings);
    const isLate = Date.now() > deadline;
    if (status.failing.length === 0 && (!status.settling || isLate)) return status;
    if (isLate) {
      const logs = await Promise.all(status.failing.map(({ log }) => lastLines(log)));
      throw new Error(
        failingLines(status)
          .map((line, index) => `${line}\n${logs[index]}`)
          .join("\n"),
      );
    }
    await shortPause();
  }
}

async function startDaemon(settings: LocalCloudSettings): Promise<void> {
  await mkdir(settings.stateDir, { recursive: true, mode: 0o700 });
  const log = await open(settings.paths.daemonLog, "a", 0o600);
  try {
    const { command, args, env } = await daemonProgram();
    const child = spawn(command, args, {
      cwd: "/",
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    await untilRecorded(settings, child.pid ?? 0);
  } finally {
    await log.close();
  }
}

/** The daemon records itself first of all; until then only its process tells that it lives. */
async function untilRecorded(settings: LocalCloudSettings, pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) {
    if ((await findDaemon(settings)) !== undefined) return;
    await shortPause();
  }
  throw new Error(`the local cloud did not start: ${await lastLines(settings.paths.daemonLog)}`);
}

async function waitUntilReady(settings: LocalCloudSettings): Promise<Status> {
  for (;;) {
    const daemon = await findDaemon(settings);
    const status = await readStatus(settings);
    if (status !== undefined && status.pid === daemon?.pid) return status;
    if (daemon === undefined || !(await isAlive(daemon))) {
      throw new Error(`the local cloud did not start: ${await lastLines(settings.paths.daemonLog)}`);
    }
    await shortPause();
  }
}

const shortPause = () => new Promise((resolve) => setTimeout(resolve, 25));

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "no log was written");
  return text.trim().split("\n").slice(-5).join("\n");
}
