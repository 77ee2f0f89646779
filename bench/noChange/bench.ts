// What `pulumi up` costs when there is nothing to do: today's program against the former one, in turns.
import { loadavg } from "node:os";
import { untilQuiet } from "../../localcloud/bench/quiet";
import { spreadText } from "../../localcloud/bench/report";
import { ratiosOf, spreadOf } from "../../localcloud/bench/statistics";
import { ensureHostPackages } from "../../localcloud/src/linux/hostPackages";
import { projectRoot } from "../../scripts/localStack";
import type { Progress } from "../../toolchain/cacheDir";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";
import { whenSignalled } from "../../toolchain/signals";
import { formerCommit, oldBuild } from "../oldBuild";
import { publish, table } from "../publish";
import { createSide, type Run, type Side, type Start } from "./side";
import { unchanged } from "./unchanged";
import { insideWorld, startWorld, type World } from "./world";

export interface NoChangeOptions {
  /** Runs of each contender. */
  readonly rounds: number;
  /** Whether the table goes into docs/performance.md. */
  readonly publish?: boolean;
}

interface Contender {
  readonly side: Side;
  readonly start: Start;
  readonly runs: Run[];
}

export async function benchNoChange(options: NoChangeOptions): Promise<void> {
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  await ensureHostPackages(["openssh-server", "iproute2"]);
  const home = await ensurePulumiHome(progress);
  const former = await oldBuild(formerCommit, progress);
  if (!(await insideWorld())) return;
  const world = await startWorld();
  const stop = () => void world.stop().finally(() => process.exit(130));
  whenSignalled(stop);
  try {
    const contenders = await contend(
      await createSide("today", projectRoot, world, home),
      await createSide("former", former, world, home),
      progress,
    );
    await measure(contenders, options.rounds, world, progress);
    const report = reportOf(contenders);
    process.stdout.write(`${report}\n`);
    if (options.publish) await publish("no-change", report);
  } finally {
    await world.stop();
  }
}

/** Brings both platforms up. */
async function contend(today: Side, former: Side, progress: Progress): Promise<Contender[]> {
  for (const side of [today, former]) {
    progress("first up, which makes everything");
    await side.up({ name: "first" });
  }
  // What compiles once has compiled when the first round begins.
  await today.up({ name: "second" });
  const transpile = { PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
  return [
    { side: today, start: { name: "today" }, runs: [] },
    { side: former, start: { name: `${formerCommit}, \`pulumi up\`` }, runs: [] },
    {
      side: former,
      start: { name: `${formerCommit}, as \`npm run local\` began it`, env: transpile },
      runs: [],
    },
  ];
}

async function measure(contenders: readonly Contender[], rounds: number, world: World, progress: Progress) {
  for (let round = 1; round <= rounds; round++) {
    for (const { side, start, runs } of contenders) {
      await untilQuiet();
      const run = await unchanged(side, start, world);
      runs.push(run);
      progress(`round ${round}, ${start.name}: ${run.wall.toFixed(2)} s`);
    }
  }
}

function reportOf(contenders: readonly Contender[]): string {
  const [today] = contenders;
  const of = (which: "wall" | "processor", { runs }: Contender) => runs.map((run) => run[which]);
  const rows = contenders.map((contender) => [
    contender.start.name,
    ...(["wall", "processor"] as const).flatMap((which) => [
      `${spreadText(spreadOf(of(which, contender)))} s`,
      today === undefined || contender === today
        ? "1"
        : spreadText(ratiosOf(of(which, today), of(which, contender))),
    ]),
  ]);
  const head = ["program", "wall", "today's share of it", "processor", "today's share of it"];
  const [load = 0] = loadavg();
  return `${table(head, rows)}

The qa platform, 63 resources, real engine and providers, in memory of one machine: nothing changed, 0 requests to the API, 0 logins (asserted). Medians of ${today?.runs.length ?? 0} in turns, least and most in brackets; load average at the end ${load.toFixed(1)}.`;
}
