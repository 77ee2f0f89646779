import { type Command, InvalidArgumentError } from "commander";
import { benchColdStart, programs } from "./bench";

/** `npm run bench -- cold-start`. */
export function addColdStart(bench: Command, readCount: (text: string) => number): void {
  bench
    .command("cold-start")
    .description(
      "What compiling the programs of `npm run local` takes with empty caches: today's build against the former one.",
    )
    .option("--rounds <number>", "builds of each side, of which the median counts", readCount, 3)
    .option("--empty-modules", "also fetches Go's modules in each build, instead of those in Go's own cache")
    .option("--only <programs>", "some of the programs, separated by commas", readPrograms)
    .option("--publish", "writes the table into docs/performance.md")
    .addHelpText(
      "after",
      `
A pair of builds takes about 15 minutes of both cores of a small machine, three pairs 45 minutes. Your caches are not
touched: each build has a folder of its own for temporary files, which is removed, also on Ctrl-C. Processor time is that
of the compiler and everything else that a build starts.

Examples:
  npm run bench -- cold-start --rounds 1
  npm run bench -- cold-start --only traefik,versitygw
  npm run bench -- cold-start --publish`,
    )
    .action(benchColdStart);
}

function readPrograms(text: string): string[] {
  const wanted = text.split(",");
  const known: readonly string[] = programs;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return known.filter((name) => wanted.includes(name));
  throw new InvalidArgumentError(`There is no ${unknown}; there are ${known.join(", ")}.`);
}
