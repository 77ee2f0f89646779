import type { Command } from "commander";
import { benchBringUp } from "./bench";

/** `npm run bench -- bring-up`. */
export function addBringUp(bench: Command, readCount: (text: string) => number): void {
  bench
    .command("bring-up", { isDefault: true })
    .description(
      "The whole local platform: today's build, from stock and from baked images, against the former one.",
    )
    .option("--rounds <number>", "bring-ups of each build, of which the median counts", readCount, 1)
    .option("--last", "only says how close the last `npm run local` came to the shortest that is possible")
    .option("--publish", "writes the tables into docs/performance.md")
    .addHelpText(
      "after",
      `
Needs root on Linux, and a machine without a local platform: it makes and removes one after the other, each with a third
app node under load. A round takes about six minutes on two quiet cores, and before the first one each build fills its
caches, the former one in half an hour when nothing of it is there. The numbers of one round are only a look: take five.
`,
    )
    .action(({ rounds, last, publish }: { rounds: number; last?: true; publish?: true }) =>
      benchBringUp({ rounds: last ? 0 : rounds, publish: publish ?? false }),
    );
}
