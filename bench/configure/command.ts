import { type Command, InvalidArgumentError } from "commander";
import { cacheDir } from "../../toolchain/cacheDir";
import { benchConfigure } from "./bench";
import { type State, states } from "./report";

/** `npm run bench -- configure`. */
export function addConfigure(
  bench: Command,
  readCount: (text: string) => number,
  readCounts: (text: string) => number[],
): void {
  bench
    .command("configure")
    .description("Configuring machines over SSH: ours against ansible-core, Mitogen and pyinfra.")
    .option("--rounds <number>", "runs of each tool in each state, of which the median counts", readCount, 5)
    .option("--machines <numbers>", "how many machines are configured together", readCounts, [1, 4, 8])
    .option("--states <names>", `what of ${states.join(", ")} is measured`, readStates, [...states])
    .option("--json <file>", "where all measurements go as JSON", cacheDir("bench", "configure.json"))
    .option("--continue", "adds to the measurements in that file, as after Ctrl-C")
    .option("--publish", "writes the tables into docs/performance.md")
    .addHelpText(
      "after",
      `
Needs root on Linux, and pip of any Python 3 for the peers. It runs a cloud of its own beside yours, as \`local-cloud\`
does. After each run everything that was desired is looked up on every machine; a wrong end state ends the bench.
It takes about an hour on a quiet machine; --rounds 1 --machines 1 is a quick look of three minutes.
`,
    )
    .action(benchConfigure);
}

function readStates(text: string): State[] {
  return text.split(",").map((name) => {
    const state = states.find((one) => one === name);
    if (state === undefined) throw new InvalidArgumentError(`It must be of ${states.join(", ")}.`);
    return state;
  });
}
