// The whole local platform by the former build, by today's, and by today's from baked images, in turns.
import { loadavg } from "node:os";
import { untilQuiet } from "../../localcloud/bench/quiet";
import { findDaemon } from "../../localcloud/src/daemon/findDaemon";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";
import type { Progress } from "../../toolchain/cacheDir";
import { whenSignalled } from "../../toolchain/signals";
import { publish } from "../publish";
import { reportBringUp } from "./last";
import { visit } from "./load";
import { type Measured, reportOf } from "./report";
import { formerSide, type Side, todaysSide } from "./side";

export interface BringUpOptions {
  /** Bring-ups of each build; 0: only says how the last one went. */
  readonly rounds: number;
  readonly publish?: boolean;
}

/** Requests per second while the third app node comes. */
const visitsPerSecond = 20;

export async function benchBringUp(options: BringUpOptions): Promise<void> {
  if (options.rounds === 0) return reportBringUp();
  if ((await findDaemon(localCloudSettings())) !== undefined) {
    throw new Error("a local platform is up, which this would remove: npm run local:down");
  }
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  const contenders: Measured[] = [
    { side: await formerSide(progress), rounds: [] },
    { side: await todaysSide("today", []), rounds: [] },
    { side: await todaysSide("today, baked images", ["--baked"]), rounds: [] },
  ];
  const stop = () => void downAll(contenders).finally(() => process.exit(130));
  whenSignalled(stop);
  try {
    await warmUp(contenders, progress);
    for (let round = 1; round <= options.rounds; round++) {
      for (const { side, rounds } of contenders) rounds.push(await measure(side, round, progress));
    }
  } finally {
    await downAll(contenders);
  }
  const [load = 0] = loadavg();
  const report = reportOf(contenders, load);
  process.stdout.write(`${report}\n`);
  if (options.publish) await publish("bring-up", report);
}

/** Fills the caches of both builds, and bakes: none of it is measured. */
async function warmUp(contenders: readonly Measured[], progress: Progress): Promise<void> {
  for (const { side } of contenders) {
    progress(`${side.name}: filling its caches`);
    await side.up(2);
    await side.down();
  }
}

async function measure(side: Side, round: number, progress: Progress): Promise<Measured["rounds"][number]> {
  await untilQuiet();
  const bringUp = await side.up(2);
  const end = visit(bringUp, visitsPerSecond);
  const thirdNode = await side.up(3);
  const visits = await end();
  await side.down();
  progress(
    `round ${round}, ${side.name}: ${bringUp.seconds.toFixed(0)} s, third node ${thirdNode.seconds.toFixed(0)} s`,
  );
  return { bringUp, thirdNode, visits };
}

async function downAll(contenders: readonly Measured[]): Promise<void> {
  for (const { side } of contenders) await side.down().catch(() => undefined);
}
