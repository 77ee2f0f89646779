// Speed of the local cloud, against what else there is on this machine, in one run side by side.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Progress } from "../../toolchain/cacheDir";
import { whenSignalled } from "../../toolchain/signals";
import { down } from "../src/daemon/down";
import { findDaemon } from "../src/daemon/findDaemon";
import { requireRootOnLinux, up } from "../src/daemon/up";
import { ensureHostPackages } from "../src/linux/hostPackages";
import { ensureBaseImage } from "../src/machines/image";
import { createCleanUp } from "./cleanUp";
import { benchEnvironment, benchSettings, startDaemon } from "./cloud";
import {
  type Bench,
  measureCreation,
  measureMemory,
  measureStarts,
  measureTogether,
  type Peer,
} from "./parts";
import { installPrism } from "./prism";
import { type Measure, type Report, reportText } from "./report";
import { measureRequests } from "./requests";

export interface LocalCloudBenchOptions {
  /** Measurements of each thing. */
  readonly rounds: number;
  /** How many machines are created together; the first is what the others are held against. */
  readonly machines: readonly number[];
  /** Where the report is written as JSON. */
  readonly json: string;
}

export async function benchLocalCloud(options: LocalCloudBenchOptions): Promise<void> {
  requireRootOnLinux();
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  // `up` and `down` read their settings from here.
  Object.assign(process.env, benchEnvironment);
  const cleanUp = createCleanUp((problem) => progress(`clean-up: ${problem}`));
  cleanUp.later("the cloud", () => down());
  whenSignalled((signal) => void cleanUp.run().finally(() => process.exit(signal === "SIGINT" ? 130 : 143)));
  try {
    const report = await measureAll(options, {
      settings: benchSettings(),
      rounds: options.rounds,
      progress,
      cleanUp,
    });
    await mkdir(dirname(options.json), { recursive: true });
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`${reportText(report)}\nAs JSON: ${options.json}\n`);
  } finally {
    await cleanUp.run();
  }
}

async function measureAll(options: LocalCloudBenchOptions, bench: Bench): Promise<Report> {
  const { settings, progress, cleanUp } = bench;
  const [began, before] = [new Date().toISOString(), loadavg()];
  const skipped: string[] = [];
  await ensureHostPackages(["wrk"], progress);
  const peer = await findPeer(progress, skipped);
  // Leftovers of a run that was killed, then everything that a first start makes.
  await down();
  await up(progress);
  const image = await ensureBaseImage(progress);
  await stopCloud();

  const measures: Measure[] = await measureStarts(bench, peer);
  const daemon = await startDaemon(settings);
  cleanUp.later("the daemon", daemon.stop);
  measures.push(...(await measureMemory(bench, daemon)));
  measures.push(...(await measureRequests(bench, daemon, peer)));
  measures.push(await measureCreation(bench, image));
  measures.push(...(await measureTogether(bench, daemon, options.machines)));
  const loadAverage = { before, after: loadavg() };
  return { began, cores: availableParallelism(), loadAverage, measures, skipped };
}

/** Ends the daemon and keeps its state and networks, as a reboot of nothing but itself would. */
async function stopCloud(): Promise<void> {
  const daemon = await findDaemon(benchSettings());
  if (daemon === undefined) return;
  process.kill(daemon.pid, "SIGTERM");
  while ((await findDaemon(benchSettings())) !== undefined) await new Promise((done) => setTimeout(done, 20));
}

/** Hetzner's description is not part of the project. */
async function findPeer(progress: Progress, skipped: string[]): Promise<Peer | undefined> {
  const beside = resolve(join(__dirname, "..", "..", "..", "shared", "data", "openapi-cloud.json"));
  const description = process.env.HCLOUD_OPENAPI ?? beside;
  if (!existsSync(description)) {
    skipped.push("Prism: name the file of Hetzner's OpenAPI description in HCLOUD_OPENAPI");
    return undefined;
  }
  return { description, program: await installPrism(progress) };
}
