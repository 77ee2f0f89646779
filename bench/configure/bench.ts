// Ours against those who configure over SSH: the same end state on the same booted machines, in turns.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createCleanUp } from "../../localcloud/bench/cleanUp";
import { benchEnvironment } from "../../localcloud/bench/cloud";
import { untilQuiet } from "../../localcloud/bench/quiet";
import { down } from "../../localcloud/src/daemon/down";
import { requireRootOnLinux, up } from "../../localcloud/src/daemon/up";
import type { Progress } from "../../toolchain/cacheDir";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";
import { whenSignalled } from "../../toolchain/signals";
import { publish } from "../publish";
import { checkScript, differences, wantedLines } from "./check";
import { ensureControlRoot } from "./control";
import { desiredState } from "./desired";
import { freshDeployKey } from "./key";
import {
  buildProgram,
  createGround,
  createGroup,
  type Ground,
  type Group,
  inMachine,
  loginsOf,
  machineSeconds,
} from "./machines";
import { reportOf, type Sample, type State } from "./report";
import { allTools, put, type Tool } from "./tools";

export interface ConfigureOptions {
  /** Runs of each tool in each state. */
  readonly rounds: number;
  /** How many machines are configured together. */
  readonly machines: readonly number[];
  /** What the machines are when a tool comes. */
  readonly states: readonly State[];
  /** Where all measurements go as JSON, also those of a run that Ctrl-C ended. */
  readonly json: string;
  /** Adds to the measurements that are there. */
  readonly continue?: boolean;
  readonly publish?: boolean;
}

interface Bench {
  readonly tools: readonly Tool[];
  readonly rounds: number;
  readonly samples: Sample[];
  /** Where they are kept, each as soon as it is there. */
  readonly json: string;
  readonly progress: Progress;
  /** Boots machines without a set-up. */
  createGroup(count: number): Promise<Group>;
}

export async function benchConfigure(options: ConfigureOptions): Promise<void> {
  requireRootOnLinux();
  const progress: Progress = (line) => process.stderr.write(`${line}\n`);
  Object.assign(process.env, benchEnvironment);
  const cleanUp = createCleanUp((problem) => progress(`clean-up: ${problem}`));
  cleanUp.later("the cloud", () => down());
  whenSignalled(() => void cleanUp.run().finally(() => process.exit(130)));
  const samples = options.continue ? await readSamples(options.json) : [];
  try {
    const home = await ensurePulumiHome(progress);
    const work = await mkdtemp(join(tmpdir(), "bench-configure-"));
    cleanUp.later("files", () => rm(work, { recursive: true, force: true }));
    const { ground, tools, program } = await prepare(work, progress);
    const create = (count: number) => createGroup(ground, program, home, count);
    const bench: Bench = {
      tools,
      rounds: options.rounds,
      samples,
      json: options.json,
      progress,
      createGroup: create,
    };
    for (const count of options.machines) {
      if (options.states.includes("first")) await measureFirst(bench, count);
      await measureSteady(bench, count, options.states);
    }
    const report = reportOf(samples);
    process.stdout.write(`${report}\n`);
    if (options.publish) await publish("configure", report);
  } finally {
    await cleanUp.run();
  }
}

async function readSamples(path: string): Promise<Sample[]> {
  return JSON.parse(await readFile(path, "utf8")) as Sample[];
}

async function writeSamples(path: string, samples: readonly Sample[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(samples));
}

/** An empty cloud, and what each tool works with. */
async function prepare(
  work: string,
  progress: Progress,
): Promise<{ readonly ground: Ground; readonly tools: readonly Tool[]; readonly program: string }> {
  const key = freshDeployKey();
  await put(join(work, "home", ".ssh", "id_ed25519"), key.privateKey);
  const root = await ensureControlRoot(work, progress);
  for (const name of ["playbook.yml", "deploy.py"]) {
    await copyFile(join(__dirname, "peers", name), join(work, name));
  }
  const program = await buildProgram(join(work, "program"));
  await down();
  await up(progress);
  return { ground: await createGround(key.privateKey, key.publicKey), tools: allTools(root), program };
}

/** Machines that have just booted, new ones for each tool. */
async function measureFirst(bench: Bench, count: number): Promise<void> {
  const tools = bench.tools.filter(({ onlyUnchanged }) => !onlyUnchanged);
  for (let round = 0; round < bench.rounds; round++) {
    for (const tool of inTurns(tools, round)) {
      const group = await bench.createGroup(count);
      await run(bench, tool, group, "first", 0);
      await group.remove();
    }
  }
}

/** The same machines for all: what one tool has made must be what each other finds as it should be. */
async function measureSteady(bench: Bench, count: number, states: readonly State[]): Promise<void> {
  if (!states.some((state) => state !== "first")) return;
  const [ours] = bench.tools;
  if (ours === undefined) throw new Error("there is no tool");
  const group = await bench.createGroup(count);
  let edition = 0;
  await ours.configure(group, edition);
  for (let round = 0; round < bench.rounds; round++) {
    for (const tool of inTurns(bench.tools, round)) {
      if (states.includes("nothing")) await run(bench, tool, group, "nothing", edition);
    }
    for (const tool of inTurns(bench.tools, round)) {
      if (tool.onlyUnchanged || !states.includes("change")) continue;
      edition++;
      await run(bench, tool, group, "change", edition);
    }
    // What others changed ours does not know: it remembers the edition that it made.
    await ours.configure(group, edition);
  }
  await group.remove();
}

/** Each round begins with another one: who comes first may find another machine than who comes last. */
function inTurns(tools: readonly Tool[], round: number): Tool[] {
  const from = round % tools.length;
  return [...tools.slice(from), ...tools.slice(0, from)];
}

/** @throws when the tool fails, or the machines are not what they should be, or it did what it must not */
async function run(bench: Bench, tool: Tool, group: Group, state: State, edition: number): Promise<void> {
  const { hosts } = group;
  await untilQuiet();
  const [logins, seconds] = [await loginsOf(hosts), await machineSeconds(hosts)];
  const run = await tool.configure(group, edition);
  const machines = (await machineSeconds(hosts)) - seconds;
  const connections = ((await loginsOf(hosts)) - logins) / hosts.length;
  const what = `${tool.name}, ${state}, ${hosts.length} machines`;
  if (run.changed !== undefined && run.changed !== (state !== "nothing")) {
    throw new Error(
      `${what}: it says that it has changed ${run.changed ? "something" : "nothing"}:\n${run.output}`,
    );
  }
  if (state === "nothing" && !tool.looks && connections > 0)
    throw new Error(`${what}: it opened connections`);
  const desired = desiredState(edition);
  for (const { id, name } of hosts) {
    const wrong = differences(wantedLines(desired, edition), await inMachine(id, checkScript(desired)));
    if (wrong.length > 0) throw new Error(`${what}: ${name} is not as desired: ${wrong.join("; ")}`);
  }
  const { wall, processor } = run;
  bench.samples.push({
    tool: tool.name,
    state,
    count: hosts.length,
    ...{ wall, controller: processor, machines, connections },
  });
  await writeSamples(bench.json, bench.samples);
  bench.progress(
    `${what}: ${wall.toFixed(2)} s, processor ${processor.toFixed(2)} + ${machines.toFixed(2)} s`,
  );
}
