// How long a run of the tests takes: what each part took here last, or what it takes on two cores.
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { missingTools } from "../../toolchain/build";
import { cacheDir } from "../../toolchain/cacheDir";
import { type ToolName, toolMinutes } from "../../toolchain/recipes";

export interface Estimate {
  readonly seconds: number;
  /** What the number comes from. */
  readonly basis: string;
}

interface Took {
  readonly seconds: number;
  /** ISO 8601. */
  readonly on: string;
}

/** Seconds on two cores, with a warm cache, 2026-11-30. */
const usual: Readonly<Record<string, number>> = {
  check: 40,
  build: 1,
  clients: 2,
  unit: 220,
  host: 350,
  machines: 350,
  e2e: 450,
};

/** Minutes that wait for the network more than for the processor. */
const imageMinutes = { image: 2, registry: 4 } as const;

const durationsFile = () => cacheDir("durations.json");

async function durations(): Promise<Readonly<Record<string, Took>>> {
  const text = await readFile(durationsFile(), "utf8").catch(() => "{}");
  return JSON.parse(text) as Record<string, Took>;
}

/** Notes what a part took, for the next estimate. */
export async function noteDuration(part: string, seconds: number): Promise<void> {
  const all = { ...(await durations()), [part]: { seconds, on: new Date().toISOString() } };
  const file = `${durationsFile()}.${process.pid}`;
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
  await rename(file, durationsFile());
}

/** How long a part will take. */
export async function estimateOf(part: string): Promise<Estimate> {
  const building = part === "build" ? await buildEstimate() : undefined;
  if (building !== undefined) return building;
  const took = (await durations())[part];
  return took === undefined
    ? { seconds: usual[part] ?? 60, basis: "on two cores" }
    : { seconds: took.seconds, basis: `as on ${took.on.slice(0, 10)} here` };
}

/** Undefined when there is nothing to build. */
async function buildEstimate(): Promise<Estimate | undefined> {
  const tools = await missingTools().catch(() => Object.keys(toolMinutes) as ToolName[]);
  const absent: (keyof typeof imageMinutes)[] = [];
  for (const name of ["image", "registry"] as const) if (await isEmpty(cacheDir(name))) absent.push(name);
  return buildTime(tools, absent, availableParallelism());
}

const isEmpty = async (folder: string) => (await readdir(folder).catch(() => [])).length === 0;

/** Time of a build of what is missing: a compiler uses all processors, downloads do not. */
export function buildTime(
  tools: readonly ToolName[],
  images: readonly (keyof typeof imageMinutes)[],
  cores: number,
): Estimate | undefined {
  if (tools.length + images.length === 0) return undefined;
  const compiling = tools.reduce((sum, name) => sum + toolMinutes[name], 0) / cores;
  const loading = images.reduce((sum, name) => sum + imageMinutes[name], 0);
  const names = { image: "the machines' Debian", registry: "container images" };
  const missing = [...tools, ...images.map((name) => names[name])];
  return { seconds: Math.round((compiling + loading) * 60), basis: `missing: ${missing.join(", ")}` };
}

/** `about 3 min`, `a few seconds`. */
export function about(seconds: number): string {
  if (seconds < 15) return "seconds";
  return seconds < 90 ? `about ${Math.ceil(seconds / 10) * 10} s` : `about ${Math.round(seconds / 60)} min`;
}
