import { availableParallelism, totalmem } from "node:os";
import { Command } from "commander";
import { newRun, runVariable } from "./conformance/results";
import { projectRoot } from "./localStack";
import { about, estimateOf, noteDuration } from "./testRun/estimate";
import { reasonOf } from "./testRun/mocha";
import { chooseParts, type Part, parts } from "./testRun/parts";

const print = (line: string) => process.stdout.write(`${line}\n`);

/** What will run and how long it will take. */
async function announce(chosen: readonly (readonly [name: string, part: Part])[]): Promise<void> {
  print(`${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`);
  let sum = 0;
  for (const [name, { title, whyNot }] of chosen) {
    const reason = whyNot?.();
    const { seconds, basis } = await estimateOf(name);
    if (reason === undefined) sum += seconds;
    const time = reason === undefined ? `${about(seconds)} (${basis})` : `skipped: ${reason}`;
    print(`  ${name.padEnd(9)} ${title}: ${time}`);
  }
  print(`${about(sum)} in all, when nothing else uses this machine`);
}

/** Runs one part. @returns why it failed */
async function run(name: string, { title, run, whyNot }: Part): Promise<string | undefined> {
  const reason = whyNot?.();
  if (reason !== undefined) {
    print(`\nskipped: ${title} (${reason})`);
    return undefined;
  }
  print(`\n# ${title}`);
  const began = Date.now();
  const failure = await run().then(
    () => undefined,
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`);
      return reasonOf(error);
    },
  );
  const seconds = Math.round((Date.now() - began) / 1000);
  print(`# ${title}: ${seconds} s`);
  // What a build took says nothing about the next one, which finds everything.
  if (failure === undefined && name !== "build") await noteDuration(name, seconds);
  return failure;
}

async function main(names: readonly string[]): Promise<void> {
  const chosen = chooseParts(names);
  await announce(chosen);
  process.env[runVariable] = JSON.stringify(await newRun(names.length === 0, projectRoot));
  const failures: { readonly name: string; readonly reason: string }[] = [];
  for (const [name, part] of chosen) {
    const reason = await run(name, part);
    if (reason !== undefined) failures.push({ name, reason });
  }
  if (failures.length === 0) return;
  for (const { name, reason } of failures) process.stderr.write(`\n# failed: ${name}\n${reason}\n`);
  process.stderr.write(`\nfailed: ${failures.map(({ name }) => name).join(", ")}\n`);
  process.exitCode = 1;
}

const help = `
Without a part it runs all of them. Before it begins it says how long each will take: as long as last time on this
machine, or what it takes on two cores.

Examples:
  npm test                 everything
  npm test -- check unit   without the local platform
  npm test -- --list       the parts and their times, nothing runs

What repeats, counts high or waits long is a drill: npm run drill -- --help
`;

new Command("npm test --")
  .description("Runs the tests: types and lint, unit tests, and the end-to-end tests on the local cloud.")
  .argument("[parts...]", `which parts to run: ${Object.keys(parts).join(", ")}`, [])
  .option("--list", "print the parts with their times and end")
  .addHelpText("after", help)
  .action((names: string[], options: { list?: boolean }) =>
    options.list ? announce(chooseParts(names)) : main(names),
  )
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
