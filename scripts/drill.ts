import Table from "cli-table3";
import { Command, Option } from "commander";
import { readStatus } from "../localcloud/src/control/socket";
import { down } from "../localcloud/src/daemon/down";
import { whyNoLocalCloud } from "../localcloud/src/daemon/up";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import { newestDrills } from "./conformance/drills";
import { projectRoot } from "./localStack";
import { allDrills, chooseDrills, type Drill, runDrill } from "./testRun/drills";
import { reasonOf, show } from "./testRun/mocha";

const print = (line: string) => process.stdout.write(`${line}\n`);

interface Options {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly keep?: boolean;
  readonly seed?: string;
  readonly rounds?: string;
  readonly only?: string;
  readonly api?: string;
}

async function list(drills: readonly Drill[]): Promise<void> {
  const last = new Map((await newestDrills(projectRoot)).map((result) => [result.drill, result]));
  const table = new Table({
    head: ["drill", "needs", "last", "took", "what it does"],
    style: { head: [], border: [] },
  });
  for (const { name, needs, summary } of drills) {
    const result = last.get(name);
    const took = result === undefined ? "" : `${Math.max(1, Math.round(result.seconds / 60))} min`;
    const told =
      result === undefined ? "never" : `${result.result} ${result.date.slice(0, 10)} ${result.commit}`;
    table.push([name, needs, told, took, summary]);
  }
  print(table.toString());
}

/** @returns whether it had to be brought up */
async function bringPlatformUp(): Promise<boolean> {
  if ((await readStatus(localCloudSettings())) !== undefined) return false;
  print("the local cloud is down: bringing the platform up first, as `npm run local` does (minutes)");
  await show("node", ["scripts/run.mjs", "scripts/local.ts"]);
  return true;
}

/** Why a drill cannot run on this machine. */
function whyNot({ needs }: Drill): string | undefined {
  return needs === "nothing" ? undefined : whyNoLocalCloud();
}

async function run(drills: readonly Drill[], keep: boolean): Promise<void> {
  const failures: string[] = [];
  let broughtUp = false;
  for (const drill of drills) {
    const reason = whyNot(drill);
    if (reason !== undefined) {
      failures.push(`${drill.name}: ${reason}`);
      continue;
    }
    print(`\n# ${drill.name}: ${drill.summary}`);
    if (drill.needs === "platform") broughtUp = (await bringPlatformUp()) || broughtUp;
    const { result, error } = await runDrill(drill);
    print(`# ${drill.name}: ${result.result} in ${result.seconds} s, written to test/drills/results.jsonl`);
    if (result.result !== "passed")
      failures.push(`${drill.name}: ${error === undefined ? result.result : reasonOf(error)}`);
  }
  if (broughtUp && !keep) {
    print("\ntaking the platform down again, which was down before (--keep leaves it up)");
    await down(print);
  }
  if (failures.length === 0) return;
  process.stderr.write(`\nfailed:\n${failures.join("\n")}\n`);
  process.exitCode = 1;
}

async function main(names: readonly string[], options: Options): Promise<void> {
  const drills = await allDrills();
  if (options.list) return list(drills);
  if (names.length === 0 && !options.all)
    throw new Error("name a drill, or --all; --list shows them all with what came of them last");
  for (const [variable, value] of [
    ["DRILL_SEED", options.seed],
    ["DRILL_ROUNDS", options.rounds],
    ["DRILL_ONLY", options.only],
    ["DRILL_API", options.api],
  ] as const)
    if (value !== undefined) process.env[variable] = value;
  return run(options.all ? drills : chooseDrills(drills, names), options.keep ?? false);
}

const help = `
A drill repeats, counts high, waits long or makes random faults, so \`npm test\` leaves it out. What came of its last
run stands in test/drills/results.jsonl, which belongs into the commit: \`npm run conformance\` reads it.

A drill that needs machines or the platform starts them when they are down. Each drill is a file,
test/drills/NAME.drill.ts, or NAME.machines.drill.ts or NAME.platform.drill.ts for what it needs.

Examples:
  npm run drill -- --list                      all drills, and what came of them last
  npm run drill -- busyHost                    one
  npm run drill -- daemonCrash --seed 7        the faults of a printed seed once more
  DRILL_KILLS=50 npm run drill -- daemonCrash  more of it: DRILL_KILLS of daemonCrash, DRILL_MINUTES of busyHost,
                                               DRILL_CASES of anyConfiguration, DRILL_CHANGES and DRILL_REQUESTS
                                               of changes, DRILL_SECONDS of streams
  npm run drill -- walls --only testssl,h2spec two judges of lynis, ssh-audit, nmap, testssl, h2spec
  npm run drill -- failover --rounds 1 --only powerOff,publicCut     two faults, once; five rounds and more are kept
  npm run drill -- failover --api hetzner      with the times that Hetzner's API is estimated to take
  npm run drill -- --all                       everything: hours
`;

new Command("npm run drill --")
  .description("Runs drills, outside of `npm test`, and writes down what came of each.")
  .argument("[names...]", "drills to run", [])
  .option("--all", "every drill, one after the other")
  .option("--list", "print the drills and end")
  .option("--keep", "leave the platform up that a drill brought up")
  .option("--seed <number>", "repeat the random faults of this seed")
  .option("--rounds <number>", "of failover: how often each fault is made (5)")
  .option("--only <names>", "of failover, walls: these faults or judges alone, with commas between them")
  .addOption(
    new Option("--api <times>", "of failover: how long actions of the API take").choices([
      "instant",
      "hetzner",
    ]),
  )
  .addHelpText("after", help)
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
