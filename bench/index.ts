import { Command, InvalidArgumentError } from "commander";
import { benchLocalCloud } from "../localcloud/bench/bench";
import { cacheDir } from "../toolchain/cacheDir";
import { addBringUp } from "./bringUp/command";
import { addColdStart } from "./coldStart/command";
import { addConfigure } from "./configure/command";
import { benchNoChange } from "./noChange/bench";
import { addRequestPath } from "./requestPath/command";
import { addResources } from "./resources/command";

const bench = new Command("npm run bench --")
  .description("Measures this project against its limits and its peers.")
  .addHelpText(
    "after",
    "\n`npm run bench` alone is `bring-up`. Numbers of one machine: docs/performance.md.\n",
  );

addBringUp(bench, readCount);

bench
  .command("local-cloud")
  .description("Speed of the local cloud: start and requests per second, machines until SSH, memory.")
  .option("--rounds <number>", "measurements of each thing, of which the median counts", readCount, 5)
  .option("--machines <numbers>", "how many machines are created together", readCounts, [1, 2, 4, 8, 12])
  .option("--json <file>", "where the report goes as JSON", cacheDir("bench", "local-cloud.json"))
  .addHelpText(
    "after",
    `
Needs root on Linux. It runs a cloud of its own beside yours (198.19.252.0/24, port 18252) and removes it again, also
on Ctrl-C. The peers run in turns with it: Stoplight Prism with the same OpenAPI description, which is taken from
$HCLOUD_OPENAPI, and systemd-nspawn by hand on the same image. A busy machine makes every number worse, so the load
average stands beside them. It takes about seven minutes.

Examples:
  HCLOUD_OPENAPI=~/hcloud.json npm run bench -- local-cloud
  npm run bench -- local-cloud --rounds 1 --machines 1,2     a quick look
`,
  )
  .action(benchLocalCloud);

bench
  .command("no-change")
  .description("`pulumi up` that finds nothing to do: today's program against the former one.")
  .option("--rounds <number>", "runs of each, of which the median counts", readCount, 5)
  .option("--publish", "writes the table into docs/performance.md")
  .addHelpText(
    "after",
    `
Needs root on Linux. Two platforms are made in a network namespace whose every address is this machine: real engine and
providers, Hetzner's API in memory, and an SSH server that runs no script. It takes about three minutes.
`,
  )
  .action(benchNoChange);

addRequestPath(bench, readCount);
addColdStart(bench, readCount);
addResources(bench, readCount, readCounts);
addConfigure(bench, readCount, readCounts);

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("It must be a whole number from 1.");
}

function readCounts(text: string): number[] {
  return text.split(",").map(readCount);
}

bench.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
