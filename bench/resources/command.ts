import type { Command } from "commander";
import { benchResources } from "./bench";

/** `npm run bench -- resources`. */
export function addResources(
  bench: Command,
  readCount: (text: string) => number,
  readCounts: (text: string) => number[],
): void {
  bench
    .command("resources")
    .description(
      "`pulumi up` that finds nothing to do, by the number of resources: our program against the engine.",
    )
    .option("--rounds <number>", "runs of each, of which the median counts", readCount, 5)
    .option("--nodes <numbers>", "app nodes of each size, five resources each", readCounts, [10, 40, 96])
    .option("--publish", "writes the table into docs/performance.md")
    .addHelpText(
      "after",
      `
Needs root on Linux. As \`no-change\`: real engine and providers, Hetzner's API in memory. The peer is a program that
registers what the state names, with the same inputs, and computes nothing. It takes about fifteen minutes.
`,
    )
    .action(benchResources);
}
