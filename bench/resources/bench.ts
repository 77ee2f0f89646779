// What a resource costs when there is nothing to do: our program against one that registers the same resources with
// the same inputs and computes nothing. What is left of that one is the engine's own cost.
import { readdir, stat } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Document } from "yaml";
import { untilQuiet } from "../../localcloud/bench/quiet";
import { spreadText } from "../../localcloud/bench/report";
import { spreadOf } from "../../localcloud/bench/statistics";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";
import { projectRoot } from "../../scripts/localStack";
import type { Progress } from "../../toolchain/cacheDir";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";
import { whenSignalled } from "../../toolchain/signals";
import { createSide, type Run, type Side } from "../noChange/side";
import { unchanged } from "../noChange/unchanged";
import { insideWorld, startWorld, type World } from "../noChange/world";
import { publish, table } from "../publish";
import { fitLine } from "./line";
import { replayOf } from "./replay";

export interface ResourcesOptions {
  /** Runs of each program at each size. */
  readonly rounds: number;
  /** App nodes of each size; five resources each. */
  readonly nodes: readonly number[];
  readonly publish?: boolean;
}

/** A platform of one size, and both programs for it. */
interface Size {
  readonly count: number;
  readonly ours: Contender;
  readonly replay: Contender;
}

interface Contender {
  readonly side: Side;
  readonly runs: Run[];
  /** Files below the state's folder that one run wrote, and their bytes together. */
  written: { readonly files: number; readonly bytes: number };
}

export async function benchResources(options: ResourcesOptions): Promise<void> {
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  await ensureHostPackages(["openssh-server", "iproute2"]);
  const home = await ensurePulumiHome(progress);
  if (!(await insideWorld())) return;
  const world = await startWorld();
  const stop = () => void world.stop().finally(() => process.exit(130));
  whenSignalled(stop);
  try {
    const sizes: Size[] = [];
    for (const nodes of options.nodes) {
      progress(`a platform with ${nodes} app nodes: first up, which makes everything`);
      const ours = await createSide(`ours-${nodes}`, projectRoot, world, home, (config) =>
        withNodes(config, nodes),
      );
      sizes.push(await createSize(ours, join(world.folder, `replay-${nodes}`)));
    }
    await measure(sizes, options.rounds, world, progress);
    const report = reportOf(sizes);
    process.stdout.write(`${report}\n`);
    if (options.publish) await publish("resources", report);
  } finally {
    await world.stop();
  }
}

function withNodes(config: Document, nodes: number): void {
  config.setIn(["config", "hetzner-platform:app", "count"], nodes);
  config.deleteIn(["config", "hetzner-platform:budgetEur"]);
}

/**
 * What makes or moves each resource writes the state at the end only: with large states the engine writes all of it
 * after each resource, and held 19 GB of them at once where five hundred came together.
 */
const making = {
  name: "first",
  env: { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
};

async function createSize(ours: Side, folder: string): Promise<Size> {
  await ours.up(making);
  // What compiles once has compiled, and what a program says of a resource beside its inputs is in its state.
  await ours.up({ name: "second" });
  const { side, count } = await replayOf(ours, folder);
  await side.up(making);
  await side.up({ name: "second" });
  const contender = (of: Side): Contender => ({ side: of, runs: [], written: { files: 0, bytes: 0 } });
  return { count, ours: contender(ours), replay: contender(side) };
}

async function measure(sizes: readonly Size[], rounds: number, world: World, progress: Progress) {
  for (let round = 1; round <= rounds; round++) {
    for (const { count, ours, replay } of sizes) {
      // Who comes first may find another machine than who comes second.
      for (const contender of round % 2 === 0 ? [replay, ours] : [ours, replay]) {
        await untilQuiet();
        await writing(contender, world);
      }
      const of = ({ runs }: Contender) => runs.at(-1)?.processor.toFixed(2);
      progress(`round ${round}, ${count} resources: processor ${of(ours)} s, replay ${of(replay)} s`);
    }
  }
}

/** A run, and what it wrote below the state's folder. */
async function writing(contender: Contender, world: World): Promise<void> {
  const { side } = contender;
  const before = await filesBelow(side.stack.state);
  contender.runs.push(await unchanged(side, { name: "unchanged" }, world));
  const after = await filesBelow(side.stack.state);
  const written = [...after].filter(([path, { mtime }]) => before.get(path)?.mtime !== mtime);
  contender.written = {
    files: written.length,
    bytes: written.reduce((sum, [, { size }]) => sum + size, 0),
  };
}

async function filesBelow(folder: string) {
  const found = new Map<string, { readonly mtime: number; readonly size: number }>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // A lock goes between the two looks.
    const info = entry.isFile() ? await stat(path).catch(() => undefined) : undefined;
    if (info !== undefined) found.set(path, { mtime: info.mtimeMs, size: info.size });
  }
  return found;
}

function reportOf(sizes: readonly Size[]): string {
  const rounds = sizes[0]?.ours.runs.length ?? 0;
  const counts = sizes.map(({ count }) => count);
  const programs = [
    { name: "our program", of: ({ ours }: Size) => ours },
    { name: "the same resources, registered and nothing else", of: ({ replay }: Size) => replay },
  ];
  const rows = programs.flatMap(({ name, of }) =>
    (["processor", "wall"] as const).map((which) => {
      const values = sizes.map((size) => of(size).runs.map((run) => run[which]));
      const slopes = Array.from({ length: rounds }, (_, round) =>
        fitLine(
          counts,
          values.map((each) => each[round] ?? Number.NaN),
        ),
      );
      return [
        `${name}: ${which}`,
        ...values.map((each) => `${spreadText(spreadOf(each))} s`),
        `${spreadText(spreadOf(slopes.map(({ start }) => start)))} s`,
        `${spreadText(spreadOf(slopes.map(({ slope }) => slope * 1000)))} ms`,
      ];
    }),
  );
  const writes = sizes.map(({ count, ours: { written } }) => {
    return `${count}: ${written.files} files, ${(written.bytes / 1e6).toFixed(1)} MB`;
  });
  const [load = 0] = loadavg();
  return `${table(["program", ...counts.map((count) => `${count} resources`), "start", "each resource"], rows)}

\`pulumi up\` of the qa platform with more app nodes, five resources each, nothing to change: 0 requests to the API, 0 logins (asserted). A line through each round's sizes gives start and slope. Medians of ${rounds} in turns, least and most in brackets; load average at the end ${load.toFixed(1)}. Files that one run writes below its state: ${writes.join("; ")}.`;
}
