// Stoplight Prism answers any OpenAPI description with its examples: the one other program from npm that a client
// of Hetzner's API can be pointed at. It is installed by the bench alone, into the cache folder.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir, type Progress } from "../../toolchain/cacheDir";
import { type Endpoint, untilAnswered } from "./http";
import { ownCpuSeconds } from "./processes";

const version = "5.16.0";

/** @returns its program, for Node */
export async function installPrism(progress: Progress): Promise<string> {
  const folder = cacheDir("bench", `prism-${version}`);
  const program = join(folder, "node_modules", "@stoplight", "prism-cli", "dist", "index.js");
  if (existsSync(program)) return program;
  progress(`installing Prism ${version}`);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await execa("npm", ["install", ...quiet, "--prefix", partial, `@stoplight/prism-cli@${version}`]);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await rename(partial, folder);
  return program;
}

export interface StartedPrism {
  readonly endpoint: Endpoint;
  readonly pid: number;
  /** Milliseconds from its spawn to its first answer. */
  readonly startMs: number;
  /** Milliseconds of processor time until then. */
  readonly startCpuMs: number;
  stop(): Promise<void>;
}

export async function startPrism(program: string, description: string, port: number): Promise<StartedPrism> {
  const endpoint: Endpoint = {
    name: `Prism ${version}`,
    url: `http://127.0.0.1:${port}`,
    token: "x".repeat(64),
  };
  const began = performance.now();
  // One process, as ours is, and otherwise as it comes: it logs each request, as ours does.
  const args = ["--host", "127.0.0.1", "--port", String(port), "--multiprocess=false"];
  const child = spawn(process.execPath, [program, "mock", ...args, description], { stdio: "ignore" });
  const stop = () => stopped(child);
  try {
    await untilAnswered(endpoint, "/locations", () => endOf(child));
  } catch (error) {
    await stop();
    throw error;
  }
  const startMs = performance.now() - began;
  const pid = child.pid ?? 0;
  return { endpoint, pid, startMs, startCpuMs: (await ownCpuSeconds(pid)) * 1000, stop };
}

/** How a child ended; undefined while it runs. */
export function endOf(child: ChildProcess): string | undefined {
  if (child.exitCode !== null) return `it ended with exit code ${child.exitCode}`;
  return child.signalCode === null ? undefined : `it ended by ${child.signalCode}`;
}

/** Asks a child to end and waits until it has. */
export async function stopped(child: ChildProcess): Promise<void> {
  if (endOf(child) !== undefined) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
