import { availableParallelism } from "node:os";
import { whyNoLocalCloud } from "../../localcloud/src/daemon/up";
import { ensureImages } from "../../localcloud/src/images/ensureImages";
import { ensureBaseImage } from "../../localcloud/src/machines/image";
import { prepareClients } from "../../test/clients/prepare";
import { ensureToolchain } from "../../toolchain/build";
import { checkPython } from "../checkPython";
import { endToEndFiles, filesThatNeed, houseRules } from "./files";
import { mocha, show } from "./mocha";

/** A part of the test run: what it does and the commands that do it. */
export interface Part {
  readonly title: string;
  readonly run: () => Promise<void>;
  /** Why this machine cannot run it. */
  readonly whyNot?: () => string | undefined;
}

const sideBySide = ["--parallel", "--jobs", String(availableParallelism())];

/** In the order in which they run. */
export const parts: Readonly<Record<string, Part>> = {
  check: { title: "types, format, lint, and the rules of the house", run: check },
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
    whyNot: whyNoLocalCloud,
  },
  e2e: {
    title: "end-to-end tests on the local cloud",
    run: async () => mocha(await endToEndFiles(), "15m"),
    whyNot: whyNoLocalCloud,
  },
};

/** @throws with the names that there are when one is unknown */
export function chooseParts(names: readonly string[]): [name: string, part: Part][] {
  const chosen = names.length === 0 ? Object.keys(parts) : names;
  return chosen.map((name) => {
    const part = parts[name];
    if (part === undefined) throw new Error(unknownPart(name));
    return [name, part];
  });
}

function unknownPart(name: string): string {
  if (/^drills?$/.test(name)) return "drills are not part of the tests: npm run drill -- --list";
  return `no test part ${name}; there are ${Object.keys(parts).join(", ")}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In two lanes, the types of the whole project beside everything else. @throws with all that is wrong */
async function check(): Promise<void> {
  const lanes: readonly (readonly (() => Promise<void>)[])[] = [
    [() => show("tsc", ["--noEmit", "--project", "."])],
    [
      () => show("tsc", ["--noEmit", "--project", "localcloud/src/page"]),
      () => show("tsc", ["--noEmit", "--project", "examples/app"]),
      () => show("biome", ["check", "."]),
      async () => mocha(await houseRules(), "60s"),
      () => checkPython(print),
    ],
  ];
  const errors: unknown[] = [];
  const run = async (lane: (typeof lanes)[number]) => {
    for (const step of lane) await step().catch((error: unknown) => errors.push(error));
  };
  await Promise.all(lanes.map(run));
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of the checks failed`);
}

async function buildAll(): Promise<void> {
  await ensureToolchain(print);
  if (whyNoLocalCloud() !== undefined) return;
  await ensureBaseImage(print);
  await ensureImages(print);
}
