// What compiling the programs of `npm run local` costs with empty caches: today's build against the former one, in turns.
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import { spreadText } from "../../localcloud/bench/report";
import { ratiosOf, spreadOf } from "../../localcloud/bench/statistics";
import { projectRoot } from "../../scripts/localStack";
import type { Progress } from "../../toolchain/cacheDir";
import { whenSignalled } from "../../toolchain/signals";
import { formerCommit, oldBuild } from "../oldBuild";
import { publish, table } from "../publish";

export interface ColdStartOptions {
  /** Builds of each side. */
  readonly rounds: number;
  /** Whether the modules are fetched again in each build. */
  readonly emptyModules?: boolean;
  /** @default all of `npm run local` */
  readonly only?: readonly string[];
  readonly publish?: boolean;
}

/** Programs of `npm run local`, in its order. */
export const programs = [
  ...["pulumi", "pulumi-language-nodejs", "pulumi-resource-hcloud", "pulumi-resource-command"],
  ...["pulumi-resource-random", "pulumi-resource-docker", "versitygw", "traefik"],
] as const;

/** What one program took: seconds. */
export interface Took {
  readonly program: string;
  readonly wall: number;
  readonly processor: number;
}

/** One build of everything. */
export type Round = readonly Took[];

export async function benchColdStart(options: ColdStartOptions): Promise<void> {
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  const former = await oldBuild(formerCommit, progress);
  const sides = [
    { name: formerCommit, checkout: former, rounds: [] as Round[] },
    { name: "today", checkout: projectRoot, rounds: [] as Round[] },
  ] as const;
  for (let round = 1; round <= options.rounds; round++) {
    for (const side of sides) {
      const took = await coldBuild(side.checkout, options, (line) =>
        progress(`round ${round}, ${side.name}: ${line}`),
      );
      side.rounds.push(took);
    }
  }
  const [load = 0] = loadavg();
  const modules = options.emptyModules ? "Modules were fetched in each build" : "Modules were there";
  const report = `${reportOf(sides[0].rounds, sides[1].rounds)}

The compiler's cache and the project's were empty at the beginning of each build; one program after the other, so later ones find compiled what they share. ${modules}. Medians of ${options.rounds} in turns, least and most in brackets; load average at the end ${load.toFixed(1)}.`;
  process.stdout.write(`${report}\n`);
  if (options.publish) await publish("cold-start", report);
}

/** Builds everything with caches of its own, which are gone afterwards, also when somebody ends it. */
async function coldBuild(checkout: string, options: ColdStartOptions, progress: Progress): Promise<Round> {
  const folder = await mkdtemp(join(tmpdir(), "cold-start-"));
  const child = execa(
    process.execPath,
    ["--import", "tsx", join(__dirname, "buildAll.ts"), checkout, ...(options.only ?? programs)],
    {
      cwd: checkout,
      // A group of its own: whoever ends the bench ends compilers too, and then the caches can go.
      detached: true,
      reject: false,
      env: {
        HETZNER_PLATFORM_CACHE: join(folder, "project"),
        GOCACHE: join(folder, "compiled"),
        TMPDIR: folder,
        ...(options.emptyModules ? { GOMODCACHE: join(folder, "modules"), GOFLAGS: "-modcacherw" } : {}),
      },
    },
  );
  const end = () => void (child.pid === undefined || process.kill(-child.pid, "SIGTERM"));
  const listensNoMore = whenSignalled(end);
  try {
    const round: Took[] = [];
    for await (const line of createInterface({ input: child.stdout ?? Readable.from([]) })) {
      const took = JSON.parse(line) as Took;
      round.push(took);
      progress(`${took.program} ${took.wall.toFixed(0)} s, ${took.processor.toFixed(0)} s of processors`);
    }
    const { exitCode, stderr, signal } = await child;
    if (exitCode !== 0) throw new Error(`the build of ${checkout} ended: ${signal ?? stderr}`);
    return round;
  } finally {
    listensNoMore();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A row for each program and one for all. */
export function reportOf(former: readonly Round[], today: readonly Round[]): string {
  const valuesOf = (rounds: readonly Round[], program: string | undefined, which: "wall" | "processor") =>
    rounds.map((round) =>
      round
        .filter((took) => program === undefined || took.program === program)
        .reduce((sum, took) => sum + took[which], 0),
    );
  const measured = programs.filter((program) => former[0]?.some((took) => took.program === program));
  const rows = [...measured, undefined].map((program) => [
    program ?? "all",
    ...(["wall", "processor"] as const).flatMap((which) => {
      const [before, now] = [valuesOf(former, program, which), valuesOf(today, program, which)];
      return [
        `${spreadText(spreadOf(before))} s`,
        `${spreadText(spreadOf(now))} s`,
        spreadText(ratiosOf(now, before)),
      ];
    }),
  ]);
  const head = ["program", `wall, ${formerCommit}`, "wall, today", "share"];
  return table([...head, `processors, ${formerCommit}`, "processors, today", "share"], rows);
}
