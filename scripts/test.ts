import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { whyNoLocalCloud } from "../localcloud/src/daemon/up";
import { ensureImages } from "../localcloud/src/images/ensureImages";
import { ensureBaseImage } from "../localcloud/src/machines/image";
import { prepareClients } from "../test/clients/prepare";
import { ensureToolchain } from "../toolchain/build";
import { checkPython } from "./checkPython";
import { newRun, runVariable } from "./conformance/results";
import { projectRoot } from "./localStack";
import { endToEndFiles, filesThatNeed, houseRules } from "./testRun/files";
import { mocha, reasonOf, show } from "./testRun/mocha";

/** A part of the test run: what it does and the commands that do it. */
interface Part {
  readonly title: string;
  readonly run: () => Promise<void>;
}

const parts: Readonly<Record<string, Part>> = {
  check: {
    title: "types, format, lint, and the rules of the house",
    run: async () => {
      await show("tsc", ["--noEmit", "--project", "."]);
      await show("tsc", ["--noEmit", "--project", "localcloud/src/page"]);
      await show("tsc", ["--noEmit", "--project", "examples/app"]);
      await show("biome", ["check", "."]);
      await mocha(await houseRules(), "60s");
      await checkPython(print);
    },
  },
  // Tests have time limits of their own, which no compiler keeps.
  build: { title: "build what the cache does not hold", run: buildAll },
  clients: { title: "install the clients that the tests drive", run: async () => prepareClients(print) },
  unit: {
    title: "unit tests",
    run: async () => mocha(await filesThatNeed("nothing"), "120s", sideBySide),
  },
  // Drills and measurements: what runs beside them would be measured too.
  host: {
    title: "tests with programs and namespaces of the host, one after the other",
    run: async () => mocha(await filesThatNeed("host"), "120s"),
  },
  // Each file has names, ranges and ports of its own, and waits for machines more than it computes.
  machines: {
    title: "tests on machines of their own",
    run: async () => mocha(await filesThatNeed("machines"), "120s", sideBySide),
  },
  e2e: {
    title: "end-to-end tests on the local cloud",
    run: async () => mocha(await endToEndFiles(), "15m"),
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function buildAll(): Promise<void> {
  await ensureToolchain(print);
  if (whyNoLocalCloud() !== undefined) return;
  await ensureBaseImage(print);
  await ensureImages(print);
}

const sideBySide = ["--parallel", "--jobs", String(availableParallelism())];

function unknownPart(name: string): string {
  if (/^drills?$/.test(name)) return "drills are not part of the tests: npm run drill -- --list";
  return `no test part ${name}; there are ${Object.keys(parts).join(", ")}`;
}

async function main(names: readonly string[]): Promise<void> {
  const chosen = names.length === 0 ? Object.keys(parts) : names;
  process.env[runVariable] = JSON.stringify(await newRun(names.length === 0, projectRoot));
  const failures: { readonly name: string; readonly reason: string }[] = [];
  for (const name of chosen) {
    const part = parts[name];
    if (part === undefined) throw new Error(unknownPart(name));
    const reason = name === "e2e" || name === "machines" ? whyNoLocalCloud() : undefined;
    if (reason !== undefined) {
      process.stdout.write(`\nskipped: ${part.title} (${reason})\n`);
      continue;
    }
    process.stdout.write(`\n# ${part.title}\n`);
    const began = Date.now();
    await part.run().catch((error: unknown) => {
      failures.push({ name, reason: reasonOf(error) });
      process.stderr.write(`${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`);
    });
    process.stdout.write(`# ${part.title}: ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  }
  if (failures.length > 0) {
    for (const { name, reason } of failures) process.stderr.write(`\n# failed: ${name}\n${reason}\n`);
    process.stderr.write(`\nfailed: ${failures.map(({ name }) => name).join(", ")}\n`);
    process.exitCode = 1;
  }
}

const program = new Command("npm test --")
  .description("Runs the tests: types and lint, unit tests, and the end-to-end tests on the local cloud.")
  .argument("[parts...]", `which parts to run: ${Object.keys(parts).join(", ")}`, [])
  .addOption(new Option("--list", "print the parts and end"))
  .addHelpText(
    "after",
    "\nExamples:\n  npm test                 everything\n  npm test -- check unit   without the local platform\n" +
      "\nWhat repeats, counts high or waits long is a drill: npm run drill -- --help\n",
  )
  .action((names: string[], options: { list?: boolean }) => {
    if (options.list) {
      for (const [name, part] of Object.entries(parts)) process.stdout.write(`${name}: ${part.title}\n`);
      return;
    }
    return main(names);
  });
void program.parseAsync();
